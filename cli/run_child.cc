#include "zoo/cli/run_child.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "zoo/base/text.h"

namespace zoo::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kZooRun = "zoo-run";

// The folder of the executable itself, not of a link to it.
fs::path OwnFolder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace

std::optional<fs::path> FindZooRun() {
  fs::path program = OwnFolder() / kZooRun;
  std::error_code ignored;
  if (!fs::is_regular_file(program, ignored) || access(program.c_str(), X_OK) != 0) {
    return std::nullopt;
  }
  return program;
}

Error BecomeZooRun(char** argv, std::string_view command) {
  std::optional<fs::path> program = FindZooRun();
  if (!program) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("`zoo {}` is carried out by zoo-run, and there is no zoo-run in {}",
                             command, Quote(OwnFolder().native())),
                 "build //cli:zoo-run, or install zoo-run into that folder"};
  }
  execv(program->c_str(), argv);
  return Error{ErrorCode::kUnsupported,
               fmt::format("cannot start {}: {}", Quote(program->native()), std::strerror(errno)),
               ""};
}

}  // namespace zoo::cli
