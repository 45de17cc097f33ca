// The container of torch.save before 1.6, which `_use_new_zipfile_serialization=False` still
// writes. Not thread-safe while it fills the contents.
#ifndef ZOO_CHECKPOINT_TORCH_LEGACY_H_
#define ZOO_CHECKPOINT_TORCH_LEGACY_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// Reads the pickles of `contents.file` and finds every storage behind them. kCorrupt for what is
// damaged, cut off or inconsistent.
Status ReadTorchLegacy(FileContents& contents);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TORCH_LEGACY_H_
