#include "zoo/registry/indexed_entries.h"

#include <utility>

#include "zoo/registry/name_order.h"
#include "zoo/registry/packed_entry.h"

namespace zoo {

ByteView IndexedEntries::Record(uint32_t number) const {
  const uint64_t start = sections_.starts[number];
  return sections_.records.subspan(start, sections_.starts[number + 1] - start);
}

std::optional<Entry> IndexedEntries::Decode(uint32_t number) const {
  std::optional<Entry> entry = UnpackEntry(Record(number));
  if (!entry) return entry;
  entry->registry = place_.registry;
  entry->base = place_.base;
  entry->public_addresses_only = place_.public_addresses_only;
  return entry;
}

const Entry* IndexedEntries::Find(std::string_view model, std::string_view weights) const {
  auto name_of = [this](uint32_t number) { return UnpackName(Record(number)); };
  const auto number = FindByName(sections_.by_name, name_of, model, weights);
  if (!number) return nullptr;
  std::lock_guard lock(mutex_);
  if (all_) return &(*all_)[*number];
  if (auto at = found_.find(*number); at != found_.end()) return &at->second;
  std::optional<Entry> entry = Decode(*number);
  return entry ? &found_.emplace(*number, *std::move(entry)).first->second : nullptr;
}

const std::vector<Entry>& IndexedEntries::All() const {
  std::lock_guard lock(mutex_);
  if (all_) return *all_;
  std::vector<Entry>& all = all_.emplace();
  all.reserve(size());
  for (uint32_t number = 0; number < size(); ++number) {
    std::optional<Entry> entry = Decode(number);
    // Only forged bytes under a checksum that is right get here without one: an entry of no name.
    all.push_back(entry ? *std::move(entry) : Entry());
  }
  return all;
}

}  // namespace zoo
