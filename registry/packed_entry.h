// An entry as compact bytes and back: what an index holds of it (registry_index.h). Where the entry
// was found (its registry's alias, base and reach) is not in them. Pure; any thread.
#ifndef ZOO_REGISTRY_PACKED_ENTRY_H_
#define ZOO_REGISTRY_PACKED_ENTRY_H_

#include <optional>

#include "zoo/base/bytes.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/name_order.h"
#include "zoo/registry/packing.h"

namespace zoo {

// Appends the entry. Whoever changes what is written, or lets the parser fill another field, gives
// the index another kFormat (registry_index.cc).
void PackEntry(const Entry& entry, Packer& packer);

// The entry that PackEntry wrote; nothing if these are not exactly the bytes of one.
std::optional<Entry> UnpackEntry(ByteView bytes);

// What UnpackEntry would call it, without reading further; empty texts if that cannot be told. They
// point into `bytes`.
EntryName UnpackName(ByteView bytes);

}  // namespace zoo

#endif  // ZOO_REGISTRY_PACKED_ENTRY_H_
