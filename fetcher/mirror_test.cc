#include "zoo/fetcher/mirror.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zoo {
namespace {

TEST(ParseMirrorsTest, GoodOnes) {
  EXPECT_TRUE(ParseMirrors("").value().empty());
  const auto mirrors =
      ParseMirrors("https://a/=http://b:8080/x/,https://a/y/=https://c/?=/,").value();
  ASSERT_EQ(mirrors.size(), 2u);
  EXPECT_EQ(mirrors[0].from, "https://a/");
  EXPECT_EQ(mirrors[0].to, "http://b:8080/x/");
  EXPECT_EQ(mirrors[1].from, "https://a/y/");
  EXPECT_EQ(mirrors[1].to, "https://c/?=/");
}

TEST(ParseMirrorsTest, BadOnes) {
  for (const char* text :
       {"https://a/", "https://a/=", "=https://b/", "https://a/=b/", "https://a=https://b/",
        "https://a/=https://b", "a/=https://b/", "https://a/=httpx://b/", "https://a/=https:///"}) {
    const auto mirrors = ParseMirrors(text);
    ASSERT_FALSE(mirrors) << text;
    EXPECT_EQ(mirrors.error().code, ErrorCode::kUsage);
  }
  EXPECT_EQ(ParseMirrors("here").error().Text(),
            "\"here\" is not a mirror; write https://from/=https://to/ (both URLs end with /; "
            "several are separated by commas)");
}

TEST(MirrorsOfTest, RewritesEveryPrefixThatFits) {
  const std::vector<Mirror> mirrors = {
      {"https://a/", "http://b/"}, {"https://a/x/", "https://c/"}, {"https://d/", "https://e/"}};
  EXPECT_EQ(MirrorsOf("https://a/x/f", mirrors),
            (std::vector<std::string>{"http://b/x/f", "https://c/f"}));
  EXPECT_EQ(MirrorsOf("https://a.evil/x/f", mirrors), std::vector<std::string>{});
}

}  // namespace
}  // namespace zoo
