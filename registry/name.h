// The grammar of names: [registry/]model[:weights][@sha256:HEX]. Pure; any thread.
#ifndef ZOO_REGISTRY_NAME_H_
#define ZOO_REGISTRY_NAME_H_

#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"

namespace zoo {

struct Name {
  std::string registry;  // alias; empty: any
  std::string model;
  std::string weights;           // empty: the default entry
  std::optional<Digest> digest;  // if given, the entry must have it

  std::string ToString() const;
};

// True if `part` may be a registry's alias, a model or a weights name:
// [A-Za-z0-9][A-Za-z0-9._-]{0,127} without "..".
bool IsNamePart(std::string_view part);

// kUsage, with the grammar in the hint, if `text` is not a name.
Result<Name> ParseName(std::string_view text);

}  // namespace zoo

#endif  // ZOO_REGISTRY_NAME_H_
