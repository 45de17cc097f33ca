#include "zoo/cli/limit_option.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace zoo::cli {
namespace {

std::string ErrorOf(const std::vector<std::string>& given) {
  auto limits = ParseLimits(given);
  return limits ? "" : limits.error().Text();
}

TEST(LimitOption, SetsWhatIsNamed) {
  std::vector<std::string> given;
  CLI::App app;
  AddLimitOption(app, given);
  app.parse("--limit depth=7 --limit materialise=2G --limit depth=9");
  auto limits = ParseLimits(given);
  ASSERT_TRUE(limits) << limits.error().Text();
  EXPECT_EQ(limits->depth, 9u);
  EXPECT_EQ(limits->materialise, uint64_t{2} << 30);
  EXPECT_EQ(limits->nodes, Limits().nodes);
}

TEST(LimitOption, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorOf({}), "");
  EXPECT_EQ(ErrorOf({"depth"}),
            "--limit \"depth\": there is no = in it; write NAME=VALUE, as in depth=20000");
  EXPECT_EQ(ErrorOf({"depth=many"}),
            "--limit \"depth=many\": \"many\" is not a size; write bytes or a unit: 1048576, 512 "
            "KiB, 64MiB, 2G");
  EXPECT_EQ(ErrorOf({"rank=-1"}),
            "--limit \"rank=-1\": \"-1\" is not a size; write bytes or a unit: 1048576, 512 KiB, "
            "64MiB, 2G");
  EXPECT_EQ(ErrorOf({"node=5"}),
            "--limit \"node=5\": no limit is named \"node\"; did you mean \"nodes\"? `zoo help "
            "limits` lists them");
  EXPECT_EQ(ErrorOf({"=5"}),
            "--limit \"=5\": no limit is named \"\"; `zoo help limits` lists them");
}

}  // namespace
}  // namespace zoo::cli
