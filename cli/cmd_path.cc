#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {

Runner DefinePath(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "weights, as `zoo list` names them")->required();
  return [name](Context& context) -> Result<int> {
    ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
    ZOO_ASSIGN_OR_RETURN(const Entry* entry, registries->Find(*name));
    ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
    ZOO_ASSIGN_OR_RETURN(Blob blob, FindCached(*entry, *store));
    if (context.json()) {
      context.PrintJson(Json::Object{{"schema", "zoo/path/1"},
                                     {"name", entry->name()},
                                     {"path", blob.path().native()},
                                     {"sha256", blob.digest().hex()},
                                     {"size", blob.size()}});
    } else {
      context.Print(blob.path().native() + '\n');
    }
    return 0;
  };
}

}  // namespace zoo::cli
