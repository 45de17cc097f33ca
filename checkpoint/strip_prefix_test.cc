#include "zoo/checkpoint/strip_prefix.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zoo {
namespace {

using Names = std::vector<std::string>;

TEST(StripPrefixes, TakesThemAsOftenAsTheyAreThere) {
  struct Row {
    Names prefixes;
    std::string name, want;
  };
  const Row kRows[] = {
      {{}, "module.a", "module.a"},
      {{"module."}, "module.a", "a"},
      {{"module."}, "module.module.a.module.b", "a.module.b"},
      {{"module.", "_orig_mod."}, "_orig_mod.module._orig_mod.a", "a"},
      {{"_orig_mod.", "module."}, "_orig_mod.module._orig_mod.a", "a"},
      {{"module."}, "modules.a", "modules.a"},
      {{"a"}, "aab", "b"},
  };
  for (const Row& row : kRows) EXPECT_EQ(StripPrefixes(row.name, row.prefixes), row.want);
}

TEST(StripPrefixes, TellsWhichPrefixesWereThere) {
  auto stripped = StripPrefixes(Names{"module.a", "b"}, Names{"ema.", "module."}, "x.pth");
  ASSERT_TRUE(stripped);
  EXPECT_EQ(stripped->names, (Names{"a", "b"}));
  EXPECT_EQ(stripped->matched, (std::vector<bool>{false, true}));
}

TEST(StripPrefixes, RefusesWhatIsAmbiguous) {
  struct Row {
    Names names, prefixes;
    std::string message;
  };
  const Row kRows[] = {
      {{"a"}, {""}, "a prefix to be stripped is empty"},
      {{"module."}, {"module."}, "x.pth: nothing is left of \"module.\" without its prefixes"},
      {{"a", "module.a"},
       {"module."},
       "x.pth: \"a\" and \"module.a\" would both be \"a\" without their prefixes"},
      {{"m.\n", "m.m.\n"},
       {"m."},
       "x.pth: \"m.\\n\" and \"m.m.\\n\" would both be \"\\n\" without their prefixes"},
  };
  for (const Row& row : kRows) {
    auto stripped = StripPrefixes(row.names, row.prefixes, "x.pth");
    ASSERT_FALSE(stripped);
    EXPECT_EQ(stripped.error(), (Error{ErrorCode::kUsage, row.message, ""}));
  }
}

}  // namespace
}  // namespace zoo
