#include "zoo/cli/open_checkpoint.h"

#include "zoo/fetcher/pull.h"

namespace zoo::cli {

Result<std::shared_ptr<const Checkpoint>> OpenCheckpoint(Context& context,
                                                         const std::string& argument,
                                                         const Limits& limits) {
  ZOO_ASSIGN_OR_RETURN(Context::NameOrFile found, context.Resolve(argument));
  if (found.file) return Checkpoint::Open(*found.file, {.immutable = false, .limits = limits});
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  ZOO_ASSIGN_OR_RETURN(Blob blob, FindCached(*found.entry, *store));
  return Checkpoint::Open(blob.path(), {.immutable = true, .limits = limits});
}

}  // namespace zoo::cli
