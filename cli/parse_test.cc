#include "zoo/cli/parse.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace zoo::cli {
namespace {

using Words = std::vector<std::string>;

struct Options {
  Words names;
  int top = 5;
  unsigned threads = 0;
  double tolerance = 0;
  std::string to;
  bool force = false;
};

// A command with an option of every kind.
Runner DefineEverything(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->names, "entries")->required();
  app.add_option("-k,--top", options->top, "how many")->type_name("N");
  app.add_option("--threads", options->threads, "how many");
  app.add_option("--tolerance", options->tolerance, "how near");
  CLI::Option* to = app.add_option("--to", options->to, "where")->type_name("PATH");
  app.add_flag("--force", options->force, "also if it is there")->excludes(to);
  return [options](Context&) -> Result<int> { return options->top; };
}

constexpr Command kCommand{.name = "everything", .define = DefineEverything};
constexpr std::string_view kUsage = "; usage: zoo everything [options] NAME...";

TEST(ParseCommand, SetsTheCommonOptions) {
  auto parsed =
      ParseCommand(kCommand, {"--json", "a", "--quiet", "--registry", "r1", "b", "--registry=r2",
                              "--offline", "--cache", "one", "--cache", "two words"});
  ASSERT_TRUE(parsed) << parsed.error().Text();
  EXPECT_TRUE(parsed->options.json);
  EXPECT_TRUE(parsed->options.quiet);
  EXPECT_TRUE(parsed->options.offline);
  EXPECT_EQ(parsed->options.cache, "two words");
  EXPECT_EQ(parsed->options.registries, (Words{"r1", "r2"}));
}

TEST(ParseCommand, RefusesWithTheCauseAndTheUsage) {
  struct Row {
    Words arguments;
    std::string_view text;
  };
  const Row kRows[] = {
      {{}, "`zoo everything` needs NAME"},
      {{"--jsn"}, "`zoo everything` has no option \"--jsn\"; did you mean --json?"},
      {{"a", "--froce"}, "`zoo everything` has no option \"--froce\"; did you mean --force?"},
      {{"a", "--forec=1"}, "`zoo everything` has no option \"--forec\"; did you mean --force?"},
      {{"a", "--xyzzy"}, "`zoo everything` has no option \"--xyzzy\""},
      {{"a", "-x"}, "`zoo everything` has no option \"-x\""},
      {{"a", "--\x1b]0;x\x07"}, "`zoo everything` has no option \"--\\x1b]0;x\\x07\""},
      {{"a", "--top"}, "`zoo everything` needs a value: --top N"},
      {{"a", "--cache"}, "`zoo everything` needs a value: --cache DIR"},
      {{"a", "--top", "ten"}, "`zoo everything` cannot take \"ten\" for --top N"},
      {{"a", "--top", "99999999999"}, "`zoo everything` cannot take \"99999999999\" for --top N"},
      {{"a", "--threads", "-1"}, "`zoo everything` cannot take \"-1\" for --threads N"},
      {{"a", "--tolerance", "small"}, "`zoo everything` cannot take \"small\" for --tolerance N"},
      {{"a", "--force", "--to", "x"}, "`zoo everything` cannot take --to and --force together"},
      {{"a", "--top", "1", "--top", "2"}, "`zoo everything` takes --top only once"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    auto parsed = ParseCommand(kCommand, row.arguments);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    std::string expected(row.text);
    expected += expected.ends_with('?') ? kUsage.substr(1) : kUsage;
    EXPECT_EQ(parsed.error().Text(), expected);
  }
}

constexpr Command kNone{.name = "none", .define = [](CLI::App&) -> Runner {
                          return [](Context&) -> Result<int> { return 0; };
                        }};

TEST(ParseCommand, RefusesArgumentsThatNobodyTakes) {
  auto parsed = ParseCommand(kNone, {"extra"});
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().Text(),
            "`zoo none` takes no argument \"extra\"; usage: zoo none [options]");
  EXPECT_TRUE(ParseCommand(kNone, {"--"}));
}

}  // namespace
}  // namespace zoo::cli
