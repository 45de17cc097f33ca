// The completion script for fish.
#ifndef ZOO_CLI_COMPLETION_FISH_H_
#define ZOO_CLI_COMPLETION_FISH_H_

#include <span>
#include <string>

#include "zoo/cli/command.h"

namespace zoo::cli {

std::string FormatFish(std::span<const Command> commands);

}  // namespace zoo::cli

#endif  // ZOO_CLI_COMPLETION_FISH_H_
