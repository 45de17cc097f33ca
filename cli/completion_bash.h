// The completion script for bash.
#ifndef ZOO_CLI_COMPLETION_BASH_H_
#define ZOO_CLI_COMPLETION_BASH_H_

#include <span>
#include <string>

#include "zoo/cli/command.h"

namespace zoo::cli {

std::string FormatBash(std::span<const Command> commands);

}  // namespace zoo::cli

#endif  // ZOO_CLI_COMPLETION_BASH_H_
