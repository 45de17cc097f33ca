// One command's arguments, parsed by CLI11; what CLI11 throws ends here, as usage errors in our
// words.
#ifndef ZOO_CLI_PARSE_H_
#define ZOO_CLI_PARSE_H_

#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/cli/command.h"
#include "zoo/cli/context.h"

namespace CLI {
class Option;
}

namespace zoo::cli {

struct ParsedCommand {
  CommonOptions options;
  Runner run;
};

// kUsage with the command's usage in the hint. REQUIRES: command.define.
Result<ParsedCommand> ParseCommand(const Command& command,
                                   const std::vector<std::string>& arguments);

// "zoo pull [options] NAME..."
std::string UsageOf(const Command& command, const CLI::App& app);

// What the option's value is called in help and messages: the name that the command gave it, or
// "N" for a number; empty for a flag.
std::string ValueName(const CLI::Option& option);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PARSE_H_
