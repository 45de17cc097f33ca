// What a command throws, which none should, ends as its error.
#include "zoo/cli/framework.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cli/command.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo::cli {
namespace {

constexpr int kUnsupported = static_cast<int>(ErrorCode::kUnsupported);

constexpr Command kCommands[] = {
    {.name = "fail",
     .summary = "throws",
     .details = "",
     .define = [](CLI::App&) -> Runner {
       return [](Context&) -> Result<int> { throw std::runtime_error("worn out\nat line 7"); };
     }},
    {.name = "want", .summary = "throws", .details = "", .define = [](CLI::App&) -> Runner {
       return [](Context&) -> Result<int> { throw std::bad_alloc(); };
     }}};

// Runs it as a process does and leaves.
[[noreturn]] void RunMain(std::string command, const std::filesystem::path& out) {
  dup2(open(out.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
  std::string program = "zoo", json = "--json";
  char* argv[] = {program.data(), command.data(), json.data(), nullptr};
  _exit(Main(3, argv, kCommands, ProgramKind::kZooRun));
}

TEST(FrameworkTest, WhatACommandThrowsIsReported) {
  struct Row {
    const char *command, *message;
  };
  const TempDir folder;
  for (const Row& row : {Row{"fail", "worn out"}, Row{"want", "not enough memory"}}) {
    const std::filesystem::path out = folder.path() / row.command;
    EXPECT_EXIT(RunMain(row.command, out), testing::ExitedWithCode(kUnsupported),
                std::string("zoo: ") + row.message + "\n");
    const Json document = ParseJson(ReadFile(out, 1 << 20).value()).value();
    EXPECT_EQ(*document.Find("message"), Json(row.message));
  }
}

}  // namespace
}  // namespace zoo::cli
