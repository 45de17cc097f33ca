// A command of `zoo`: one row of the table in commands.cc, one file cmd_NAME.cc. The table feeds
// dispatch, help, completion, the man page and "did you mean".
//
// A command file defines its options on a CLI11 app and returns what runs it:
//
//   Runner DefinePath(CLI::App& app) {
//     auto name = std::make_shared<std::string>();
//     app.add_option("NAME", *name, "...")->required();
//     return [name](Context& context) -> Result<int> {
//       ...
//       context.Print(path + "\n");
//       return 0;
//     };
//   }
//
// The name of a positional tells completion what it takes: NAME an entry, PHOTO or FILE a file, as
// does the name of an option's value given by type_name(). An option that may be repeated is a
// vector with ->allow_extra_args(false), or it swallows the arguments that follow it.
#ifndef ZOO_CLI_COMMAND_H_
#define ZOO_CLI_COMMAND_H_

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "zoo/base/result.h"
#include "zoo/cli/context.h"

namespace CLI {
class App;
}

namespace zoo::cli {

// The exit code (0, or that of failures that were reported already), or an error for main to
// report.
using Runner = std::function<Result<int>(Context&)>;

struct Command {
  std::string_view name;     // "cache list": words separated by blanks
  std::string_view summary;  // one line, no full stop
  std::string_view details;  // paragraphs and examples shown by `zoo help NAME`
  Runner (*define)(CLI::App& app);
  bool needs_torch = false;  // carried out by zoo-run
};

// All commands of both programs. In `zoo` the ones that need torch have no `define`; zoo-run fills
// it in (commands.h).
std::span<const Command> Commands();

// The program that runs: `zoo`, or `zoo-run` beside it, which does the same and has LibTorch.
enum class ProgramKind { kZoo, kZooRun };

struct Program {
  std::span<const Command> commands;
  ProgramKind kind = ProgramKind::kZoo;
};

}  // namespace zoo::cli

#endif  // ZOO_CLI_COMMAND_H_
