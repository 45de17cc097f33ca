#include "zoo/cli/help.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/man_page.h"

namespace zoo::cli {
namespace {

Runner DefineToy(CLI::App& app) {
  auto names = std::make_shared<std::vector<std::string>>();
  auto top = std::make_shared<int>(5);
  auto force = std::make_shared<bool>(false);
  app.add_option("NAME", *names, "entries of a registry");
  app.add_option("-k,--top", *top, "how many lines")->capture_default_str();
  app.add_flag("--force", *force, "also if it is there already");
  app.add_flag("--secret", *force, "not shown")->group("");
  return [names, top, force](Context&) -> Result<int> { return 0; };
}

constexpr Command kToy{.name = "toy",
                       .summary = "show a toy of words",
                       .details = "One paragraph of\nwords.\n\n  zoo toy x",
                       .define = DefineToy};

std::string BeforeCommonOptions(const std::string& help) {
  return help.substr(0, help.find("\noptions of every command:"));
}

TEST(FormatCommandHelp, FitsTheWidth) {
  EXPECT_EQ(BeforeCommonOptions(FormatCommandHelp(kToy, 80)),
            "usage: zoo toy [options] [NAME...]\n\n"
            "Show a toy of words.\n\n"
            "One paragraph of words.\n\n"
            "  zoo toy x\n\n"
            "arguments:\n"
            "  NAME...  entries of a registry\n\n"
            "options:\n"
            "  -k, --top N  how many lines (default: 5)\n"
            "  --force      also if it is there already\n");
  EXPECT_EQ(BeforeCommonOptions(FormatCommandHelp(kToy, 28)),
            "usage: zoo toy [options]\n"
            "    [NAME...]\n\n"
            "Show a toy of words.\n\n"
            "One paragraph of words.\n\n"
            "  zoo toy x\n\n"
            "arguments:\n"
            "  NAME...  entries of a\n"
            "           registry\n\n"
            "options:\n"
            "  -k, --top N\n"
            "      how many lines\n"
            "      (default: 5)\n"
            "  --force\n"
            "      also if it is there\n"
            "      already\n");
}

TEST(FormatCommandHelp, SaysWhereTheOptionsAreIfNotHere) {
  Command elsewhere = kToy;
  elsewhere.define = nullptr;
  elsewhere.needs_torch = true;
  EXPECT_EQ(BeforeCommonOptions(FormatCommandHelp(elsewhere, 80)),
            "usage: zoo toy [options] ...\n\n"
            "Show a toy of words.\n\n"
            "One paragraph of words.\n\n"
            "  zoo toy x\n\n"
            "Its options are explained by zoo-run, which is not beside this zoo.\n");
}

TEST(FormatCommandHelp, BracketsWhatMayBeLeftOut) {
  Command optional = kToy;
  optional.define = [](CLI::App& app) -> Runner {
    auto file = std::make_shared<std::string>();
    app.add_option("--write", *file, "write it")->type_name("FILE")->expected(0, 1);
    return [file](Context&) -> Result<int> { return 0; };
  };
  EXPECT_NE(FormatCommandHelp(optional, 80).find("\n  --write [FILE]  write it\n"),
            std::string::npos);
}

TEST(FormatGroup, ListsItsCommandsOnly) {
  EXPECT_EQ(FormatGroup("cache", Commands(), 80),
            "usage: zoo cache COMMAND [options] ...\n\n"
            "commands:\n"
            "  cache list    list the files in the cache\n"
            "  cache remove  remove weights from the cache\n"
            "  cache prune   make room in the cache\n"
            "  cache path    print the cache's folder\n");
  EXPECT_EQ(FormatGroup("pull", Commands(), 80), "");
}

void ExpectFits(const std::string& text, int columns) {
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos) << "no newline at the end";
    std::string line = text.substr(at, end - at);
    EXPECT_LE(DisplayWidth(line), static_cast<size_t>(columns)) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
    at = end + 1;
  }
}

TEST(Help, OfTheRealTableFitsEveryUsualWidth) {
  for (int columns : {40, 80, 132}) {
    ExpectFits(FormatOverview(Commands(), columns), columns);
    for (const Topic& topic : Topics()) ExpectFits(FormatTopic(topic, columns), columns);
    for (const Command& command : Commands()) {
      SCOPED_TRACE(command.name);
      ExpectFits(FormatCommandHelp(command, columns), columns);
    }
  }
}

TEST(CommandTable, IsWhole) {
  for (const Command& command : Commands()) {
    SCOPED_TRACE(command.name);
    EXPECT_FALSE(command.summary.empty());
    EXPECT_FALSE(command.summary.ends_with('.'));
    EXPECT_LE(command.summary.size(), 74u);
    EXPECT_FALSE(command.details.empty());
    EXPECT_EQ(command.define == nullptr, command.needs_torch);
  }
}

TEST(FormatManPage, HasASectionForEachCommandAndNoLineThatTroffMisreads) {
  std::string page = FormatManPage(Commands());
  for (const Command& command : Commands()) {
    EXPECT_NE(page.find("\n.SS zoo " + std::string(command.name) + " "), std::string::npos)
        << command.name;
  }
  EXPECT_TRUE(page.starts_with(".TH ZOO 1 "));
  EXPECT_EQ(page.find("\n'"), std::string::npos);
  EXPECT_EQ(page.find("\n\n"), std::string::npos);
}

}  // namespace
}  // namespace zoo::cli
