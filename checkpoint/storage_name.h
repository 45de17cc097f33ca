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
  // Legacy files from before 0.4: the storage is a stretch of the one named `storage.key`.
  std::optional<StorageView> view;
};

// Reads ("storage", type, key, location, numel) and, with a sixth item, the view. A key that is an
// int, as in torch.package, becomes its digits. kCorrupt if the tuple is not that.
Result<StorageName> ReadStorageName(Arena& arena, NodeId persistent_id);

// Refuses a key that was named before with another type or size: two readers could see different
// tensors in such a file.
Status CheckSameStorage(const StorageRow& before, const StorageRow& now);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_STORAGE_NAME_H_
