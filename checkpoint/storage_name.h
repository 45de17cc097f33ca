// StorageName: what a persistent id of PyTorch's files says of a storage. Pure; any thread.
#ifndef ZOO_CHECKPOINT_STORAGE_NAME_H_
#define ZOO_CHECKPOINT_STORAGE_NAME_H_

#include <optional>
#include <string_view>

#include "zoo/base/result.h"
#include "zoo/checkpoint/arena.h"

namespace zoo {

struct StorageName {
  StorageRow storage;
  // Legacy files from before 0.4: the storage is a stretch of the one named `storage.key`, and has
  // a name of its own.
  std::optional<StorageView> view;
  std::string_view view_key;
};

// Reads ("storage", type, key, location, numel) and, with a sixth item, the view. Text may be
// bytes, as Python 2's is, and a key an int. kCorrupt if the tuple is not that.
//
// The first use of a key says what the storage is, as it does for PyTorch: whoever reads a later
// one ignores its type and size.
Result<StorageName> ReadStorageName(Arena& arena, NodeId persistent_id);

// A key as text: of a string, bytes or an int; nothing for anything else.
std::optional<std::string_view> StorageKey(Arena& arena, NodeId key);

// Refuses a view that is not inside its storage, or of another type.
Status CheckView(const StorageRow& storage, const StorageName& name);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_STORAGE_NAME_H_
