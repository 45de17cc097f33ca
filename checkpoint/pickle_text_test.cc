#include "zoo/checkpoint/pickle_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace zoo {
namespace {

using namespace std::string_literals;

TEST(ParseDigits, TakesDecimalOnly) {
  EXPECT_EQ(ParseDigits(" -0012L\r"), "-12");
  EXPECT_EQ(ParseDigits("+0"), "0");
  EXPECT_EQ(ParseDigits("-000"), "0");
  for (const char* text : {"", "-", "L", "0x10", "1_0", "1 2", "--1", "1.0"}) {
    EXPECT_EQ(ParseDigits(text), std::nullopt) << text;
  }
}

TEST(ParseReal, TakesWhatReprWrites) {
  EXPECT_EQ(ParseReal("1e-05"), 1e-05);
  EXPECT_EQ(ParseReal("+1.5 "), 1.5);
  EXPECT_EQ(ParseReal("1e999"), HUGE_VAL);
  for (const char* text : {"", "1,5", "x", "1.5x"}) EXPECT_EQ(ParseReal(text), std::nullopt);
}

TEST(ParseLiteral, KnowsEscapes) {
  EXPECT_EQ(ParseLiteral(R"('\x41\101\n\'\q')"), "AA\n'\\q");
  EXPECT_EQ(ParseLiteral(R"("")"), "");
  for (const char* text : {"", "'", "'a", "a'", "'a\"", R"('\x4')", R"('\')"}) {
    EXPECT_EQ(ParseLiteral(text), std::nullopt) << text;
  }
}

TEST(IsUtf8, KnowsTheEdges) {
  EXPECT_TRUE(IsUtf8("a\xc2\x80\xe0\xa0\x80\xf4\x8f\xbf\xbf", false));
  EXPECT_TRUE(IsUtf8("twice eight bytes\xc2\x80 and more", false));
  EXPECT_TRUE(IsUtf8("\xed\xa0\x80", true));
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80", false));
  for (const char* text : {"\x80", "\xc0\x80", "\xc2", "\xe0\x80\x80", "\xf4\x90\x80\x80", "\xf8",
                           "\xe2\x82", "eight by\x80", "eight bytes\x80 more"}) {
    EXPECT_FALSE(IsUtf8(text, true));
  }
}

TEST(Latin1, GoesBothWays) {
  EXPECT_EQ(ToLatin1("a\xc3\xbf"), "a\xff");
  EXPECT_EQ(FromLatin1("a\xff"), "a\xc3\xbf");
  EXPECT_EQ(ToLatin1("\xc4\x80"), std::nullopt);
}

TEST(DecimalOf, TakesTwosComplement) {
  EXPECT_EQ(DecimalOf(""), "0");
  EXPECT_EQ(DecimalOf("\xff"), "-1");
  EXPECT_EQ(DecimalOf("\x80"), "-128");
  EXPECT_EQ(DecimalOf("\x80\0"s), "128");
  EXPECT_EQ(DecimalOf("\0\0\0\0\0\0\0\0\0\0\x01"s), "1208925819614629174706176");
}

}  // namespace
}  // namespace zoo
