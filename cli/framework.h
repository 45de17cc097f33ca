// What both programs do from main to exit: arguments, Ctrl-C, the command, its errors, the exit
// code.
//
//   int main(int argc, char** argv) {
//     return zoo::cli::Main(argc, argv, zoo::cli::Commands(), zoo::cli::ProgramKind::kZoo);
//   }
#ifndef ZOO_CLI_FRAMEWORK_H_
#define ZOO_CLI_FRAMEWORK_H_

#include <span>

#include "zoo/cli/command.h"

namespace zoo::cli {

// The exit code. Commands that this program does not define are handed to zoo-run. `commands` must
// stay until the end; an exception that a command lets out is reported as its error.
int Main(int argc, char** argv, std::span<const Command> commands, ProgramKind kind);

}  // namespace zoo::cli

#endif  // ZOO_CLI_FRAMEWORK_H_
