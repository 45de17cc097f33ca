// Help as text of a width. Pure but for asking a command to define its options.
#ifndef ZOO_CLI_HELP_H_
#define ZOO_CLI_HELP_H_

#include <span>
#include <string>
#include <string_view>

#include "zoo/cli/command.h"
#include "zoo/cli/topics.h"

namespace zoo::cli {

std::string FormatOverview(std::span<const Command> commands, int columns);
// The commands of a group ("cache"); empty if it has none.
std::string FormatGroup(std::string_view group, std::span<const Command> commands, int columns);
// Without the options if this program does not define the command.
std::string FormatCommandHelp(const Command& command, int columns);
std::string FormatTopic(const Topic& topic, int columns);

}  // namespace zoo::cli

#endif  // ZOO_CLI_HELP_H_
