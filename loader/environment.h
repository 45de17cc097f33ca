// What the environment says of how to pull, to programs that load weights by name.
// docs/environment.md lists the variables. Any thread that does not change them meanwhile.
#ifndef ZOO_LOADER_ENVIRONMENT_H_
#define ZOO_LOADER_ENVIRONMENT_H_

#include "zoo/base/result.h"
#include "zoo/fetcher/pull.h"

namespace zoo {

// `options` with what it leaves at its default taken from ZOO_OFFLINE, ZOO_MIRROR and ZOO_PYTHON.
Result<PullOptions> WithEnvironment(PullOptions options);

}  // namespace zoo

#endif  // ZOO_LOADER_ENVIRONMENT_H_
