// What the environment says to programs that load weights by name: the registries in force and how
// to pull. docs/environment.md lists the variables. Reads the environment; any thread that does not
// change it meanwhile.
#ifndef ZOO_LOADER_ENVIRONMENT_H_
#define ZOO_LOADER_ENVIRONMENT_H_

#include "zoo/base/result.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/registry.h"

namespace zoo {

// Those of ZOO_REGISTRY (files and folders, separated by commas; `builtin`), else the built-in one.
// kUnsupported for a URL; else what reading them gives.
Result<RegistrySet> RegistriesFromEnvironment();

// `options` with what it leaves at its default taken from ZOO_OFFLINE, ZOO_MIRROR and ZOO_PYTHON.
Result<PullOptions> WithEnvironment(PullOptions options);

}  // namespace zoo

#endif  // ZOO_LOADER_ENVIRONMENT_H_
