// Scripts that complete `zoo` in a shell, made from the table of commands. Pure but for asking
// commands to define their options.
//
// All three work alike: the words so far say which command is meant; its options are in the script;
// where it takes the name of weights, `zoo completion names` is asked, and files are offered too
// where a command takes either.
#ifndef ZOO_CLI_COMPLETION_H_
#define ZOO_CLI_COMPLETION_H_

#include <span>
#include <string>
#include <string_view>

#include "zoo/cli/command.h"

namespace zoo::cli {

struct ShellCompletion {
  std::string_view shell;
  std::string (*format)(std::span<const Command> commands);
};

// The one of that shell, or null.
const ShellCompletion* FindShell(std::string_view shell);

}  // namespace zoo::cli

#endif  // ZOO_CLI_COMPLETION_H_
