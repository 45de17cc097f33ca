// --limit NAME=VALUE: another cap on what a checkpoint may ask for. For the commands that open one.
//
//   AddLimitOption(app, arguments->limits);                           // a vector of strings
//   ZOO_ASSIGN_OR_RETURN(options.limits, ParseLimits(arguments->limits));
#ifndef ZOO_CLI_LIMIT_OPTION_H_
#define ZOO_CLI_LIMIT_OPTION_H_

#include <span>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/limits.h"

namespace CLI {
class App;
}

namespace zoo::cli {

// May be repeated; `given` must live until the app has parsed.
void AddLimitOption(CLI::App& app, std::vector<std::string>& given);

// The defaults with what was given set; of one name given twice the last counts. Values are whole
// numbers or sizes (2G). kUsage for what is no NAME=VALUE, no limit or no number.
Result<Limits> ParseLimits(std::span<const std::string> given);

}  // namespace zoo::cli

#endif  // ZOO_CLI_LIMIT_OPTION_H_
