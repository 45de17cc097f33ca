// The container of torch.save before 1.6, which `_use_new_zipfile_serialization=False` still
// writes. Not thread-safe while it fills the contents.
#ifndef ZOO_CHECKPOINT_TORCH_LEGACY_H_
#define ZOO_CHECKPOINT_TORCH_LEGACY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// Reads the pickles of `contents.file` and finds every storage behind them. kCorrupt for what is
// damaged, cut off or inconsistent.
Status ReadTorchLegacy(FileContents& contents);

// A legacy file that is a value inside another file: adds what it holds to the contents and returns
// its object. `bytes` must outlive the arena; `offset` says where they stand in the file, if they
// do. Messages begin with `where`.
Result<NodeId> ReadNestedLegacy(FileContents& contents, ByteView bytes, std::string where,
                                std::optional<uint64_t> offset);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TORCH_LEGACY_H_
