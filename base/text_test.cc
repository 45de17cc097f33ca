#include "zoo/base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace zoo {
namespace {

using std::string_literals::operator""s;

TEST(Text, Escape) {
  const struct {
    std::string text, escaped;
  } rows[] = {
      {"", ""},
      {"plain ~ text", "plain ~ text"},
      {"a\nb\rc\td", "a\\nb\\rc\\td"},
      {"\0\x01\x1f\x7f"s, "\\x00\\x01\\x1f\\x7f"},
      {"say \"hi\" \\ bye", "say \\\"hi\\\" \\\\ bye"},
      {"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
      {"\x1b]52;c;ZXZpbA==\x07", "\\x1b]52;c;ZXZpbA==\\x07"},  // OSC 52: the clipboard
      {"\xc2\x9b"
       "31m",
       "\\u009b31m"},  // CSI as a C1 character
      {"\x9b"
       "31m",
       "\\x9b31m"},  // and as a byte
      {"abc\xe2\x80\xae"
       "fdp.exe",
       "abc\\u202efdp.exe"},                                          // right-to-left override
      {"\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069"},               // isolates
      {"\xd8\x9c\xe2\x80\x8b\xef\xbb\xbf", "\\u061c\\u200b\\ufeff"},  // marks that show nothing
      {"pass\xc2\xadword", "pass\\u00adword"},                        // soft hyphen
      {"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},                 // line separators
      {"\xf3\xa0\x81\x81", "\\ue0041"},                               // a tag character
      {"caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\xb1", "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\xb1"},
      {"\xc3", "\\xc3"},  // cut short
      {"\xc3(", "\\xc3("},
      {"\xe6\xbc", "\\xe6\\xbc"},
      {"\x80\xbf", "\\x80\\xbf"},  // no lead
      {"\xc0\xaf", "\\xc0\\xaf"},  // overlong
      {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
      {"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // a surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond Unicode
      {"\xff\xfe", "\\xff\\xfe"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Escape(row.text), row.escaped);
    EXPECT_EQ(Quote(row.text), '"' + row.escaped + '"');
  }
}

// Whatever the two bytes are, what comes out is harmless: no control character, no lone byte.
TEST(Text, EscapeOfEveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string pair = {static_cast<char>(first), static_cast<char>(second)};
      const std::string escaped = Escape(pair);
      bool ascii = true;
      for (unsigned char c : escaped) {
        ASSERT_TRUE(c >= 0x20 && c != 0x7f) << first << " " << second;
        ascii = ascii && c < 0x80;
      }
      const bool letter = first >= 0xc2 && first < 0xe0 && second >= 0x80 && second < 0xc0;
      ASSERT_TRUE(ascii || (letter && escaped == pair)) << first << " " << second;
    }
  }
}

TEST(Text, EscapeCutsTheSource) {
  EXPECT_EQ(Escape("abcdef", 6), "abcdef");
  EXPECT_EQ(Escape("abcdef", 5), "abcde...");
  EXPECT_EQ(Escape("abcdef", 0), "...");
  EXPECT_EQ(Escape("ab\xc3\xa9", 3), "ab...");  // never half a letter
  EXPECT_EQ(Escape("\n\n\n", 2), "\\n\\n...");
  EXPECT_EQ(Escape(std::string(300, 'x')), std::string(200, 'x') + "...");
  EXPECT_EQ(Quote("abc", 2), "\"ab...\"");
}

TEST(Text, MaskUrl) {
  const struct {
    std::string url, masked;
  } rows[] = {
      {"https://example.org/a/b.pth", "https://example.org/a/b.pth"},
      {"https://example.org", "https://example.org"},
      {"https://user:secret@example.org/a", "https://***@example.org/a"},
      {"https://user@example.org:8443/a", "https://***@example.org:8443/a"},
      {"https://a:b@c@example.org/", "https://***@example.org/"},
      {"https://example.org/a?token=secret", "https://example.org/a?***"},
      {"https://example.org/a#secret", "https://example.org/a#***"},
      {"https://example.org?x=1#y", "https://example.org?***"},
      {"https://example.org/a@b", "https://example.org/a@b"},
      {"https://example.org/?m=u@h", "https://example.org/?***"},
      {"user:secret@example.org/a?b", "***@example.org/a?***"},
      {"example.org/a?token=secret&next=https://h/", "example.org/a?***"},
      {"file:/home/me/zoo.json", "file:/home/me/zoo.json"},
      {"", ""},
      {"https://", "https://"},
      {"https://example.org/\x1b[2J\xe2\x80\xae", "https://example.org/\\x1b[2J\\u202e"},
  };
  for (const auto& row : rows) EXPECT_EQ(MaskUrl(row.url), row.masked);
  EXPECT_EQ(MaskUrl("https://h/" + std::string(1000, 'x')),
            "https://h/" + std::string(490, 'x') + "...");
}

TEST(Text, DisplayWidth) {
  const struct {
    std::string text;
    size_t width;
  } rows[] = {
      {"", 0},
      {"abc", 3},
      {"caf\xc3\xa9", 4},
      {"cafe\xcc\x81", 4},              // e and a combining acute
      {"\xe6\xbc\xa2\xe5\xad\x97", 4},  // two Han characters
      {"\xed\x95\x9c", 2},              // Hangul
      {"\xef\xbd\xb1\xef\xbc\xa1", 3},  // half-width katakana, full-width A
      {"\xf0\x9f\x90\xb1", 2},          // a cat
      {"\xe2\x80\x8b\xef\xb8\x8f", 0},  // zero-width space, variation selector
      {"\xff\xfe", 2},                  // not UTF-8: a column a byte
  };
  for (const auto& row : rows) EXPECT_EQ(DisplayWidth(row.text), row.width) << row.text;
}

TEST(Count, SaysOneAndMany) {
  EXPECT_EQ(Count(0, "tensor"), "0 tensors");
  EXPECT_EQ(Count(1, "tensor"), "1 tensor");
  EXPECT_EQ(Count(UINT64_MAX, "byte"), "18446744073709551615 bytes");
}

}  // namespace
}  // namespace zoo
