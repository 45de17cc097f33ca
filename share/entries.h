// entries.json of a bundle: what the registries say of locked weights, beside their digests, so
// that a machine without a network knows architecture, preset and categories too. Each entry is the
// one whose digest the lock holds. Values; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(auto registries, EntriesOf(lock, set));
//   std::string text = EntriesText(registries);
//   ZOO_ASSIGN_OR_RETURN(registries, ParseEntries(text, lock, "weights.tar: entries.json"));
//   std::string file = RegistryText(registries[0], lock);   // zoo --registry reads it
#ifndef ZOO_SHARE_ENTRIES_H_
#define ZOO_SHARE_ENTRIES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/registry/registry.h"
#include "zoo/share/lock.h"

namespace zoo {

// What a bundle holds of one registry.
struct BundledRegistry {
  std::string alias;
  Registry::CategoryLists categories;  // those that the entries name
  Json::Array entries;                 // as ToJson(Entry) has them, sorted by name

  bool operator==(const BundledRegistry&) const = default;
};

// A larger entries.json is refused before it is read.
inline constexpr uint64_t kLargestEntries = 64 << 20;

// The locked entries of the registries in force, sorted by registry. kMismatch if an entry is not
// the locked one any more, else what finding it says.
Result<std::vector<BundledRegistry>> EntriesOf(const Lock& lock, const RegistrySet& set);

// The file: two spaces a level, a final newline. The same entries give the same bytes.
std::string EntriesText(const std::vector<BundledRegistry>& registries);
// kCorrupt for anything but the text that EntriesText gives of entries that are all locked, under
// their names and with their digests, and that a registry file may hold.
Result<std::vector<BundledRegistry>> ParseEntries(std::string_view text, const Lock& lock,
                                                  std::string_view where);

// A registry file of these entries, for `--registry`. Digests, sizes and sources are the lock's. Of
// a model whose default is not among the entries, the first is the default.
std::string RegistryText(const BundledRegistry& registry, const Lock& lock);

}  // namespace zoo

#endif  // ZOO_SHARE_ENTRIES_H_
