// What `zoo list`, `zoo search` and `zoo show` say of an entry: itself, and where the cache has it.
// One thread.
//
//   ZOO_ASSIGN_OR_RETURN(auto listed, LookUp(context, Select(*registries, filter, order)));
//   context.Print(ListedTable(listed, {.columns = context.terminal().columns()}));
#ifndef ZOO_CLI_LISTED_H_
#define ZOO_CLI_LISTED_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"
#include "zoo/cli/context.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {

struct Listed {
  const Entry* entry = nullptr;
  std::string name;  // with its registry where that is not the built-in one, or has to be said
  std::optional<Blob> cached;
};

// Asks the cache for each entry; reads only. An entry that the cache cannot tell of is remarked on
// standard error and counts as not cached, as all do where there is no place for a cache.
Result<std::vector<Listed>> LookUp(Context& context, const std::vector<const Entry*>& entries);

// A header and a line each. Columns that do not fit are left out, the least needed first; names are
// never cut before that.
struct ListedTableOptions {
  int columns = 80;
  bool gflops = false;  // instead of parameters
  bool cut = true;      // lines that still do not fit, for a terminal
};
std::string ListedTable(std::span<const Listed> listed, const ListedTableOptions& options);

// Where the table and its document meet: with --json {"schema": ..., "entries": [...]}, else the
// table on standard output and a remark on how many there are. Returns 0.
Result<int> PrintListed(Context& context, std::string_view schema, std::span<const Listed> listed,
                        ListedTableOptions options);

// The entry as a registry file has it, then: name, registry, family, prefix_only, cached, path.
Json::Object ListedJson(const Listed& listed);

// The licence without the place where it is stated: "CC-BY-NC-4.0".
std::string ShortLicense(const Entry& entry);

}  // namespace zoo::cli

#endif  // ZOO_CLI_LISTED_H_
