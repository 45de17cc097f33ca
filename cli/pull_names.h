// `zoo pull`: several names, each an entry to be pulled, or a row of a lock file; what came of them
// on standard output.
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
#include "zoo/fetcher/transport.h"

namespace zoo::cli {

struct PullNames {
  std::vector<std::string> names;
  // The names are aliases of this lock file, all of them if there are none, and no registry is
  // asked: exactly the locked bytes, or a failure.
  std::optional<std::filesystem::path> lock;
  // A copy of each file goes here too: a file, or a folder (which it must be for several names)
  // where it gets its published name.
  std::optional<std::filesystem::path> to;
  Refresh refresh = Refresh::kIfOld;
};

// Asks for news of the added registries through `refreshing`, unless all names are in the cache.
// Tries every name, until the user cancels. The exit code is 0 or that of the first failure; all
// failures are reported already. An error only for what keeps all names from being tried.
Result<int> RunPull(Context& context, PullSeams seams, Transport& refreshing,
                    const PullNames& request);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PULL_NAMES_H_
