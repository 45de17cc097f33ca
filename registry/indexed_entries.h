// IndexedEntries: the entries of a compiled index (registry_index.h), decoded when they are asked
// for: one by its name, or all of them. What was decoded stays, so that it can be pointed at. Made
// by OpenRegistryIndex, used by Registry. Any thread.
#ifndef ZOO_REGISTRY_INDEXED_ENTRIES_H_
#define ZOO_REGISTRY_INDEXED_ENTRIES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/registry/entry.h"

namespace zoo {

// The sections of an index. Checked by who fills it: `starts` rises from 0 to the size of
// `records`, and the numbers in `by_name` are those of records.
struct IndexSections {
  std::shared_ptr<const void> memory;  // what the others point into
  std::span<const uint64_t> starts;   // of each record, in the order of the registry file; one more
  std::span<const uint32_t> by_name;  // records in the order of their names
  ByteView records;
};

// What an entry says of where it was found: the fields of that name of Entry.
struct EntryPlace {
  std::string registry, base;
  bool public_addresses_only = false;
};

class IndexedEntries {
 public:
  IndexedEntries(IndexSections sections, EntryPlace place)
      : sections_(std::move(sections)), place_(std::move(place)) {}

  // The same entries, found elsewhere.
  std::shared_ptr<const IndexedEntries> At(EntryPlace place) const {
    return std::make_shared<const IndexedEntries>(sections_, std::move(place));
  }

  const EntryPlace& place() const { return place_; }
  size_t size() const { return sections_.by_name.size(); }
  // Without weights the model's default or only entry; null if there is none. It lives as long as
  // this, and is one of All() if those were decoded before.
  const Entry* Find(std::string_view model, std::string_view weights) const;
  const std::vector<Entry>& All() const;

 private:
  ByteView Record(uint32_t number) const;
  std::optional<Entry> Decode(uint32_t number) const;

  IndexSections sections_;
  EntryPlace place_;
  mutable std::mutex mutex_;  // of what follows
  mutable std::map<uint32_t, Entry> found_;
  mutable std::optional<std::vector<Entry>> all_;
};

}  // namespace zoo

#endif  // ZOO_REGISTRY_INDEXED_ENTRIES_H_
