// The registries in force: those that the caller names, else those of ZOO_REGISTRY, else the
// built-in one. Reads the environment; any thread that does not change it meanwhile.
#ifndef ZOO_REGISTRY_IN_FORCE_H_
#define ZOO_REGISTRY_IN_FORCE_H_

#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/registry/registry.h"

namespace zoo {

// Each of `wanted` (or of ZOO_REGISTRY, separated by commas) is a file, a folder with a zoo.json,
// or `builtin`. kUnsupported for a URL, kNotFound for what is none of these, kUsage if two go by
// one name; else what reading them gives.
Result<RegistrySet> RegistriesInForce(std::vector<std::string> wanted = {});

}  // namespace zoo

#endif  // ZOO_REGISTRY_IN_FORCE_H_
