// The zip container of torch.save since 1.6. Not thread-safe while it fills the contents.
#ifndef ZOO_CHECKPOINT_TORCH_ZIP_H_
#define ZOO_CHECKPOINT_TORCH_ZIP_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// Reads the directory and data.pkl of `contents.file` and finds every storage's record. kCorrupt
// for what PyTorch would not write, kUnsupported for its other archives (TorchScript,
// torch.package, torch.export), named.
Status ReadTorchZip(FileContents& contents);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TORCH_ZIP_H_
