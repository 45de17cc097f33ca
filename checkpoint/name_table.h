// NameTable: numbers by name, for names that somebody else keeps. Open addressing over hashes:
// looking a name up touches two cache lines instead of following a chain of nodes.
//
//   NameTable table(names.size());
//   auto name_of = [&](uint32_t i) { return names[i]; };
//   for (uint32_t i = 0; i < names.size(); ++i) {
//     if (table.Add(names[i], i, name_of) != i) ... an equal name came before ...
//   }
//
// A value; one thread while it is filled, any afterwards.
#ifndef ZOO_CHECKPOINT_NAME_TABLE_H_
#define ZOO_CHECKPOINT_NAME_TABLE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace zoo {

class NameTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // At most half of the slots are taken by `most` names: probing ends.
  explicit NameTable(size_t most = 0) : slots_(std::bit_ceil(2 * most + 2)) {}

  // The number that the name has now: this one, or that of an equal name that was added before.
  // `name_of` gives the name of a number.
  template <typename NameOf>
  uint32_t Add(std::string_view name, uint32_t number, const NameOf& name_of) {
    const uint32_t hash = Hash(name);
    Slot& slot = slots_[Probe(name, hash, name_of)];
    if (slot.number == kNone) slot = {hash, number};
    return slot.number;
  }
  // kNone if there is none.
  template <typename NameOf>
  uint32_t Find(std::string_view name, const NameOf& name_of) const {
    return slots_[Probe(name, Hash(name), name_of)].number;
  }

 private:
  struct Slot {
    uint32_t hash = 0, number = kNone;
  };

  static uint32_t Hash(std::string_view name) {
    return static_cast<uint32_t>(std::hash<std::string_view>()(name));
  }
  template <typename NameOf>
  size_t Probe(std::string_view name, uint32_t hash, const NameOf& name_of) const {
    const size_t mask = slots_.size() - 1;
    size_t at = hash & mask;
    while (slots_[at].number != kNone &&
           (slots_[at].hash != hash || name_of(slots_[at].number) != name)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  std::vector<Slot> slots_;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_NAME_TABLE_H_
