// `zoo pull`: several names, each an entry to be pulled; what came of them on standard output.
#ifndef ZOO_CLI_PULL_NAMES_H_
#define ZOO_CLI_PULL_NAMES_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/cli/context.h"
#include "zoo/cli/registry_refresh.h"
#include "zoo/fetcher/pull.h"

namespace zoo::cli {

struct PullNames {
  std::vector<std::string> names;
  // A copy of each file goes here too: a file, or a folder (which it must be for several names)
  // where it gets its published name.
  std::optional<std::filesystem::path> to;
  Refresh refresh = Refresh::kIfOld;
};

// Asks for news of the added registries, unless all names are in the cache. Tries every name, until
// the user cancels. The exit code is 0 or that of the first failure; all failures are reported
// already. An error only for what keeps all names from being tried.
Result<int> RunPull(Context& context, PullSeams seams, const PullNames& request);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PULL_NAMES_H_
