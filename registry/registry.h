// Registry: a named catalogue of entries, parsed from one JSON document or compiled in.
// RegistrySet: the ones in force. Immutable after parsing; any thread.
//
//   RegistrySet set;
//   set.Add(BuiltinRegistry());
//   ZOO_ASSIGN_OR_RETURN(const Entry* entry, set.Find("resnet50"));
#ifndef ZOO_REGISTRY_REGISTRY_H_
#define ZOO_REGISTRY_REGISTRY_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/name.h"

namespace zoo {

// Where a registry was read from decides what its sources may be: only kBuiltin and kFile may name
// wheels, only kFile `file:` URLs.
enum class RegistryOrigin { kBuiltin, kFile, kUrl };

class Registry {
 public:
  // Parses a document of schema zoo/registry/1 under the alias it goes by here. `where` (a path or
  // URL) begins each message; the message names the entry and the field. kCorrupt for anything the
  // format forbids, kUnsupported for another schema number.
  static Result<Registry> Parse(std::string_view text, std::string alias, RegistryOrigin origin,
                                std::string_view where);
  // Of entries that are known to be right (the compiled-in tables).
  static Registry Of(std::string alias, std::vector<Entry> entries,
                     std::map<std::string, std::vector<std::string>> categories);

  const std::string& alias() const { return alias_; }
  const std::string& name() const { return name_; }  // the file's own name for itself
  uint64_t version() const { return version_; }
  const std::vector<Entry>& entries() const { return entries_; }

  // The entry of that name (its registry part is not looked at), or kNotFound with the nearest name
  // in the hint.
  Result<const Entry*> Find(const Name& name) const;
  // A list of category names, or null.
  const std::vector<std::string>* Categories(std::string_view list) const;

 private:
  std::string alias_, name_;
  uint64_t version_ = 0;
  std::vector<Entry> entries_;
  std::map<std::string, std::vector<std::string>, std::less<>> categories_;
};

// The registries in force. A bare name found in two of them is a usage error that lists both.
class RegistrySet {
 public:
  void Add(Registry registry) { registries_.push_back(std::move(registry)); }
  const std::vector<Registry>& registries() const { return registries_; }

  Result<const Entry*> Find(const Name& name) const;
  Result<const Entry*> Find(std::string_view name) const;  // parses first
  // The category names of an entry of this set; empty if it has none.
  std::vector<std::string> CategoriesOf(const Entry& entry) const;

 private:
  std::vector<Registry> registries_;
};

// The compiled-in registry, alias "builtin".
Registry BuiltinRegistry();

}  // namespace zoo

#endif  // ZOO_REGISTRY_REGISTRY_H_
