// The completion script for zsh.
#ifndef ZOO_CLI_COMPLETION_ZSH_H_
#define ZOO_CLI_COMPLETION_ZSH_H_

#include <span>
#include <string>

#include "zoo/cli/command.h"

namespace zoo::cli {

std::string FormatZsh(std::span<const Command> commands);

}  // namespace zoo::cli

#endif  // ZOO_CLI_COMPLETION_ZSH_H_
