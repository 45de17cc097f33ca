// The checkpoint that NAME or FILE means, for commands that look into one.
#ifndef ZOO_CLI_OPEN_CHECKPOINT_H_
#define ZOO_CLI_OPEN_CHECKPOINT_H_

#include <memory>
#include <string>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/cli/context.h"

namespace zoo::cli {

// A file as it is, or the blob of an entry, which is known never to change. kNotFound if the entry
// is not in the cache; else the errors of Context::Resolve and Checkpoint::Open.
Result<std::shared_ptr<const Checkpoint>> OpenCheckpoint(Context& context,
                                                         const std::string& argument,
                                                         const Limits& limits);

}  // namespace zoo::cli

#endif  // ZOO_CLI_OPEN_CHECKPOINT_H_
