#include "zoo/cli/invocation.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace zoo::cli {
namespace {

constexpr Command kCommands[] = {{.name = "pull"},
                                 {.name = "cache list"},
                                 {.name = "cache prune"},
                                 {.name = "help"},
                                 {.name = "version"}};

using Words = std::vector<std::string>;

TEST(ParseInvocation, FindsTheCommandAndItsArguments) {
  struct Row {
    Words words;
    std::string_view command;
    Words arguments;
  };
  const Row kRows[] = {
      {{}, "", {}},
      {{"--json"}, "", {"--json"}},
      {{"pull"}, "pull", {}},
      {{"pull", "a", "--to", "b"}, "pull", {"a", "--to", "b"}},
      {{"--json", "--cache", "d e", "pull", "x"}, "pull", {"--json", "--cache", "d e", "x"}},
      {{"--cache=d", "pull"}, "pull", {"--cache=d"}},
      {{"--cache", "pull", "pull"}, "pull", {"--cache", "pull"}},
      {{"cache", "list", "--json"}, "cache list", {"--json"}},
      {{"cache", "--json", "list"}, "cache list", {"--json"}},
      {{"pull", "--", "--help"}, "pull", {"--", "--help"}},
      {{"--help"}, "help", {}},
      {{"-h"}, "help", {}},
      {{"--json", "--help"}, "help", {"--json"}},
      {{"pull", "x", "--help"}, "help", {"pull"}},
      {{"--help", "pull"}, "help", {"pull"}},
      {{"cache", "--help"}, "help", {"cache"}},
      {{"cache", "list", "-h"}, "help", {"cache list"}},
      {{"--version"}, "version", {}},
      {{"-V", "--json"}, "version", {"--json"}},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(testing::PrintToString(row.words));
    auto invocation = ParseInvocation(row.words, kCommands);
    ASSERT_TRUE(invocation) << invocation.error().Text();
    EXPECT_EQ(invocation->command == nullptr ? "" : invocation->command->name, row.command);
    EXPECT_EQ(invocation->arguments, row.arguments);
  }
}

TEST(ParseInvocation, RefusesWhatIsNotThere) {
  struct Row {
    Words words;
    std::string_view text;
  };
  const Row kRows[] = {
      {{"pul"}, "there is no command \"pul\"; did you mean `zoo pull`? `zoo help` lists all"},
      {{"frobnicate"}, "there is no command \"frobnicate\"; `zoo help` lists the commands"},
      {{""}, "there is no command \"\"; `zoo help` lists the commands"},
      {{"\x1b[31m"}, "there is no command \"\\x1b[31m\"; `zoo help` lists the commands"},
      {{"cache"}, "`zoo cache` is not a whole command; add one of: list, prune"},
      {{"cache", "lst"},
       "there is no command \"cache lst\"; did you mean `zoo cache list`? `zoo help` lists all"},
      {{"--jsno", "pull"}, "zoo has no option \"--jsno\"; did you mean --json?"},
      {{"--to", "x", "pull"},
       "zoo has no option \"--to\"; options of a command stand after its name"},
      {{"--cache"}, "--cache needs a value: DIR"},
      {{"-x"}, "zoo has no option \"-x\"; options of a command stand after its name"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    auto invocation = ParseInvocation(row.words, kCommands);
    ASSERT_FALSE(invocation);
    EXPECT_EQ(invocation.error().code, ErrorCode::kUsage);
    EXPECT_EQ(invocation.error().Text(), row.text);
  }
}

TEST(AsksForJson, LooksAtOptionsOnly) {
  EXPECT_TRUE(AsksForJson(Words{"pull", "x", "--json"}));
  EXPECT_FALSE(AsksForJson(Words{"pull", "--", "--json"}));
  EXPECT_FALSE(AsksForJson(Words{}));
}

}  // namespace
}  // namespace zoo::cli
