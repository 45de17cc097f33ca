// The container of torch.save before 0.1.10: a tar file. Its members are read by position and never
// extracted. Not thread-safe while it fills the contents.
#ifndef ZOO_CHECKPOINT_TORCH_TAR_H_
#define ZOO_CHECKPOINT_TORCH_TAR_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// Reads the members of `contents.file`. kUnsupported for a tar file of other things, kCorrupt for
// what is damaged, inconsistent or no plain file.
Status ReadTorchTar(FileContents& contents);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TORCH_TAR_H_
