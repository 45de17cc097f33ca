#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"
#include "zoo/share/lock.h"

namespace zoo::cli {
namespace {

struct Arguments {
  std::string name;
  std::optional<std::filesystem::path> lock;
};

Result<Entry> FindEntry(Context& context, const Arguments& arguments) {
  if (arguments.lock) {
    ZOO_ASSIGN_OR_RETURN(const Lock lock, ReadLock(*arguments.lock));
    ZOO_ASSIGN_OR_RETURN(const LockedWeights* row, lock.Find(arguments.name));
    return EntryOf(*row);
  }
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  ZOO_ASSIGN_OR_RETURN(const Entry* entry, registries->Find(arguments.name));
  return *entry;
}

Result<int> PrintPath(Context& context, const Arguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const Entry entry, FindEntry(context, arguments));
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  ZOO_ASSIGN_OR_RETURN(Blob blob, FindCached(entry, *store));
  if (context.json()) {
    context.PrintJson(Json::Object{{"schema", "zoo/path/1"},
                                   {"name", entry.name()},
                                   {"path", blob.path().native()},
                                   {"sha256", blob.digest().hex()},
                                   {"size", blob.size()}});
  } else {
    context.Print(blob.path().native() + '\n');
  }
  return 0;
}

}  // namespace

Runner DefinePath(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("NAME", arguments->name, "weights, as `zoo list` names them")->required();
  app.add_option_function<std::string>(
         "--lock", [arguments](const std::string& path) { arguments->lock = path; },
         "NAME is an alias of this lock file, and no registry is asked")
      ->type_name("FILE");
  return [arguments](Context& context) { return PrintPath(context, *arguments); };
}

}  // namespace zoo::cli
