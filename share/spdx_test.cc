#include "zoo/share/spdx.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "zoo/share/spdx_list.h"

namespace zoo {
namespace {

TEST(CheckLicense, Right) {
  for (std::string_view text :
       {"MIT", "Apache-2.0", "CC-BY-NC-4.0", "CC0-1.0", "GPL-2.0", "GPL-2.0+", "LicenseRef-Mine",
        "DocumentRef-a.b:LicenseRef-Mine-1.0", "MIT OR Apache-2.0", "(MIT)",
        "((MIT AND BSD-3-Clause) OR 0BSD)", "Apache-2.0 WITH LLVM-exception",
        "GPL-2.0-only WITH Classpath-exception-2.0 OR(MIT)"}) {
    const Status status = CheckLicense(text);
    EXPECT_TRUE(status) << text << ": " << status.error().Text();
  }
}

TEST(CheckLicense, Wrong) {
  struct Row {
    std::string text, message;
  };
  const std::string hint =
      "; write a name of the SPDX list, as MIT, Apache-2.0 or CC-BY-4.0, or LicenseRef-NAME for "
      "terms of your own";
  const std::string list = " is no licence of the SPDX list";
  const std::string form = " is no SPDX licence expression" + hint;
  const Row kRows[] = {
      {"", "the licence is empty" + hint},
      {"  ", "the licence is empty" + hint},
      {std::string(1001, 'x'), "the licence is longer than 1000 bytes" + hint},
      {"mit", "\"mit\"" + list + "; did you mean MIT?"},
      {"Apache2.0", "\"Apache2.0\"" + list + "; did you mean Apache-2.0?"},
      {"ours alone", "\"ours\"" + list},
      {"not stated", "\"not\"" + list},
      {"proprietary-terms", "\"proprietary-terms\"" + list + hint},
      {"LicenseRef-", "\"LicenseRef-\"" + list},
      {"LicenseRef-a/b", "\"LicenseRef-a/b\"" + list},
      {"LicenseRef-a:b", "\"LicenseRef-a:b\"" + list},
      {"DocumentRef-a", "\"DocumentRef-a\"" + list},
      {"MIT MIT", "\"MIT MIT\"" + form},
      {"MIT OR", "\"MIT OR\"" + form},
      {"OR MIT", "\"OR MIT\"" + form},
      {"(MIT", "\"(MIT\"" + form},
      {"MIT)", "\"MIT)\"" + form},
      {"()", "\"()\"" + form},
      {"MIT WITH", "\"MIT WITH\"" + form},
      {"(MIT) WITH LLVM-exception", "\"(MIT) WITH LLVM-exception\"" + form},
      {"Apache-2.0 WITH LLVM", "\"LLVM\" is no exception of the SPDX list"},
  };
  for (const Row& row : kRows) {
    const Status status = CheckLicense(row.text);
    ASSERT_FALSE(status) << row.text;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
    EXPECT_TRUE(status.error().Text().starts_with(row.message)) << status.error().Text();
  }
}

TEST(SpdxList, HasEachNameOnceWhateverItsCase) {
  for (auto list : {SpdxLicenses(), SpdxExceptions()}) {
    std::set<std::string> seen;
    for (std::string_view listed : list) {
      std::string name(listed);
      std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      EXPECT_TRUE(seen.insert(name).second) << name;
    }
    EXPECT_GT(seen.size(), 50u);
  }
}

}  // namespace
}  // namespace zoo
