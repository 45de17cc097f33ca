// zoo-run: the second program, which has LibTorch. It stands beside zoo and takes zoo's place for
// the commands that need it; zoo itself stays small and starts at once.
#ifndef ZOO_CLI_RUN_CHILD_H_
#define ZOO_CLI_RUN_CHILD_H_

#include <filesystem>
#include <optional>
#include <string_view>

#include "zoo/base/result.h"

namespace zoo::cli {

// The zoo-run in the folder of the running executable, links to it followed; nothing if there is
// none that may be executed.
std::optional<std::filesystem::path> FindZooRun();

// Becomes zoo-run, with the same arguments and environment. Returns only if that is not possible:
// kUnsupported, naming the command and the place looked at.
Error BecomeZooRun(char** argv, std::string_view command);

}  // namespace zoo::cli

#endif  // ZOO_CLI_RUN_CHILD_H_
