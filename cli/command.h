// A command of `zoo`: one row of the table in commands.cc, one file cmd_NAME.cc. The table feeds
// dispatch, help, completion, the man page and "did you mean".
//
// A command file defines its options on a CLI11 app and returns what runs it:
//
//   Runner DefinePath(CLI::App& app) {
//     auto name = std::make_shared<std::string>();
//     app.add_option("NAME", *name, "...")->required();
//     return [name](Context& context) -> Result<int> { ...; context.Print(path + "\n"); return 0;
//     };
//   }
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

std::span<const Command> Commands();

}  // namespace zoo::cli

#endif  // ZOO_CLI_COMMAND_H_
