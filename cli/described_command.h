// What a command takes, read back from the CLI11 app that it defines: the one place that help, the
// man page and completion learn it from.
#ifndef ZOO_CLI_DESCRIBED_COMMAND_H_
#define ZOO_CLI_DESCRIBED_COMMAND_H_

#include <string>
#include <vector>

#include "zoo/cli/command.h"

namespace zoo::cli {

struct DescribedOption {
  std::vector<std::string> names;  // "-k", "--top"; of a positional: "NAME"
  std::string value;               // "PATH"; empty: a flag
  std::string term;                // "-k, --top N", "--write [FILE]", "NAME..."
  std::string description;         // with the default, where there is one
  std::vector<std::string> words;  // what the value may be, if only these
  bool positional = false, repeated = false;
};

struct DescribedCommand {
  std::string usage;                     // "zoo pull [options] NAME..."
  std::string sentence;                  // the summary with a capital letter
  std::vector<DescribedOption> options;  // the command's own, in the order of definition
};

// Only usage and sentence if this program does not define the command.
DescribedCommand Describe(const Command& command);

}  // namespace zoo::cli

#endif  // ZOO_CLI_DESCRIBED_COMMAND_H_
