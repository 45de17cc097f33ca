// torch.package archives. Not thread-safe while it fills the contents.
#ifndef ZOO_CHECKPOINT_TORCH_PACKAGE_H_
#define ZOO_CHECKPOINT_TORCH_PACKAGE_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/torch_archive.h"

namespace zoo {

// Reads the pickles among the archive's resources: the value of the only one, or a dict from each
// one's record name to its value. Storages that pickles share stay shared. The Python sources in it
// are left alone. kUnsupported if it holds no pickle.
Status ReadTorchPackage(TorchArchive& archive);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TORCH_PACKAGE_H_
