// One entry of a registry file, checked field by field. docs/registry_format.md is the rule; this
// is its only reader. Pure; any thread.
#ifndef ZOO_REGISTRY_PARSE_ENTRY_H_
#define ZOO_REGISTRY_PARSE_ENTRY_H_

#include "zoo/base/json.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/fields.h"

namespace zoo {

// What stands of the entry by itself: that names are unique, that there is one default and that the
// list of categories exists is for the caller to see. On a problem, which is noted, the entry holds
// what was read before it. `registry` stays empty.
Entry ParseEntry(const Json& json, RegistryOrigin origin, Problem& problem);

}  // namespace zoo

#endif  // ZOO_REGISTRY_PARSE_ENTRY_H_
