// One entry pulled with the collaborators that the program makes: its cache, curl, pip. One thread.
//
//   ZOO_ASSIGN_OR_RETURN(const Pulled pulled, PullOne(context, *entry));
#ifndef ZOO_CLI_PULL_ONE_H_
#define ZOO_CLI_PULL_ONE_H_

#include "zoo/base/result.h"
#include "zoo/cli/context.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/entry.h"

namespace zoo::cli {

// Errors: those of opening the cache and of Pull.
Result<Pulled> PullOne(Context& context, const Entry& entry);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PULL_ONE_H_
