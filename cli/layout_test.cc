#include "zoo/cli/layout.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/text.h"

namespace zoo::cli {
namespace {

TEST(CutToWidth, KeepsWhatFitsAndNeverPartsACharacter) {
  struct Row {
    std::string_view text;
    int columns;
    std::string_view cut;
  };
  constexpr Row kRows[] = {
      {"resnet50", 8, "resnet50"},
      {"resnet50", 7, "resn..."},
      {"resnet50", 3, "..."},
      {"resnet50", 2, ".."},
      {"resnet50", 0, ""},
      {"", 5, ""},
      {"Möwe am Meer", 7, "Möwe..."},
      {"熊猫熊猫", 8, "熊猫熊猫"},
      {"熊猫熊猫", 7, "熊猫..."},
      {"熊猫熊猫", 6, "熊..."},
      {"e\u0301e\u0301e\u0301e\u0301e\u0301", 4, "e\u0301..."},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(CutToWidth(row.text, row.columns), row.cut);
  }
}

TEST(Wrap, FillsLines) {
  EXPECT_EQ(Wrap("", {.columns = 20}), "");
  EXPECT_EQ(Wrap(" one  two\nthree ", {.columns = 20}), "one two three\n");
  EXPECT_EQ(Wrap("one two three", {.columns = 7}), "one two\nthree\n");
  EXPECT_EQ(Wrap("one two three", {.columns = 7, .first_indent = 1, .indent = 2}),
            " one\n  two\n  three\n");
  EXPECT_EQ(Wrap("a incomprehensibilities b", {.columns = 8}), "a\nincomprehensibilities\nb\n");
  EXPECT_EQ(Wrap("熊猫 熊猫 熊猫", {.columns = 10}), "熊猫 熊猫\n熊猫\n");
}

TEST(WrapParagraphs, KeepsBlankLinesAndIndentedOnes) {
  EXPECT_EQ(WrapParagraphs("Some words\nof text.\n\n  zoo list --family resnet\n  zoo list", 20),
            "Some words of text.\n\n  zoo list --family\n      resnet\n  zoo list\n");
}

TEST(FormatDefinitions, PutsDescriptionsBesideTermsWhereThereIsRoom) {
  const std::vector<Definition> rows = {
      {"--json", "print one document"}, {"--to PATH", "also put it there"}, {"--x", ""}};
  EXPECT_EQ(FormatDefinitions(rows, 40),
            "  --json     print one document\n"
            "  --to PATH  also put it there\n"
            "  --x\n");
  EXPECT_EQ(FormatDefinitions(rows, 26),
            "  --json     print one\n"
            "             document\n"
            "  --to PATH  also put it\n"
            "             there\n"
            "  --x\n");
  EXPECT_EQ(FormatDefinitions(rows, 25),
            "  --json\n"
            "      print one document\n"
            "  --to PATH\n"
            "      also put it there\n"
            "  --x\n");
}

TEST(FormatDefinitions, GivesALongTermItsOwnLine) {
  const std::vector<Definition> rows = {{"http_proxy, https_proxy, no_proxy", "as curl reads them"},
                                        {"NO_COLOR", "no bold text"}};
  EXPECT_EQ(FormatDefinitions(rows, 60),
            "  http_proxy, https_proxy, no_proxy\n"
            "            as curl reads them\n"
            "  NO_COLOR  no bold text\n");
}

}  // namespace
}  // namespace zoo::cli
