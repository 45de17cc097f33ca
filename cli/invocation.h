// The words after `zoo`, up to the command: which command is meant, and what it is given. Pure.
#ifndef ZOO_CLI_INVOCATION_H_
#define ZOO_CLI_INVOCATION_H_

#include <span>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/cli/command.h"

namespace zoo::cli {

struct Invocation {
  const Command* command = nullptr;    // null: there were no words at all
  std::vector<std::string> arguments;  // the command's; common options before its name come first
};

// `zoo --help`, `zoo pull --help` and `zoo --version` are the commands help and version. kUsage for
// a command or a leading option that does not exist, with the nearest one that does.
Result<Invocation> ParseInvocation(std::span<const std::string> words,
                                   std::span<const Command> commands);

// Whether --json is among the words, for errors that come before it is parsed.
bool AsksForJson(std::span<const std::string> words);

// The command of that name, or null.
const Command* FindCommand(std::string_view name, std::span<const Command> commands);

// kUsage: no command has that name; with the nearest one, or the list of a group ("cache").
Error NoSuchCommand(std::string_view name, std::span<const Command> commands);

}  // namespace zoo::cli

#endif  // ZOO_CLI_INVOCATION_H_
