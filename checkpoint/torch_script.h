// TorchScript archives: torch.jit.save, and torch::save of C++. Not thread-safe while it fills the
// contents.
#ifndef ZOO_CHECKPOINT_TORCH_SCRIPT_H_
#define ZOO_CHECKPOINT_TORCH_SCRIPT_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/torch_archive.h"

namespace zoo {

// Reads data.pkl and makes a module of each object of a module class, as if torch.save had written
// it: its tensors are the parameters and buffers that the class declares. The code itself, its
// constants, bytecode and traced inputs are left alone. kCorrupt, kUnsupported as for ReadTorchZip.
Status ReadTorchScript(TorchArchive& archive);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TORCH_SCRIPT_H_
