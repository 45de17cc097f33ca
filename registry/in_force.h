// The registries in force: those that the caller names, else those of ZOO_REGISTRY, else the ones
// that the user added and the built-in one. Reads the environment and this machine's disk, and
// makes no request: of a registry that was added by URL the last good copy serves. Any thread that
// does not change the environment meanwhile.
#ifndef ZOO_REGISTRY_IN_FORCE_H_
#define ZOO_REGISTRY_IN_FORCE_H_

#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/registry/added.h"
#include "zoo/registry/registry.h"

namespace zoo {

// Each of `wanted` (or of ZOO_REGISTRY, separated by commas) is `builtin`, the alias or the URL of
// an added registry, a file, or a folder with a zoo.json; what could be an alias or a file is the
// alias. kNotFound for what is none of these, kUsage if two go by one name; else what reading them
// gives.
Result<RegistrySet> RegistriesInForce(std::vector<std::string> wanted = {});

// Of the added registries, those that RegistriesInForce(wanted) would open.
Result<std::vector<AddedRegistry>> AddedInForce(std::vector<std::string> wanted = {});

}  // namespace zoo

#endif  // ZOO_REGISTRY_IN_FORCE_H_
