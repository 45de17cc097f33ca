// An entry as JSON, field for field as a registry file has it (docs/registry_format.md). Pure; any
// thread.
#ifndef ZOO_REGISTRY_ENTRY_JSON_H_
#define ZOO_REGISTRY_ENTRY_JSON_H_

#include "zoo/base/json.h"
#include "zoo/registry/entry.h"

namespace zoo {

// What is not known is left out. A registry that holds the result reads the same entry.
Json::Object ToJson(const Entry& entry);

}  // namespace zoo

#endif  // ZOO_REGISTRY_ENTRY_JSON_H_
