// The zip container of torch.save since 1.6, and the choice between all archives that use it. Not
// thread-safe while it fills the contents.
#ifndef ZOO_CHECKPOINT_TORCH_ZIP_H_
#define ZOO_CHECKPOINT_TORCH_ZIP_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// Reads an archive of `contents.file`: a checkpoint with data.pkl, TorchScript, torch.package or
// torch.export, whichever its records say. kCorrupt for what PyTorch would not write, kUnsupported
// for other zip archives, named.
Status ReadTorchZip(FileContents& contents);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TORCH_ZIP_H_
