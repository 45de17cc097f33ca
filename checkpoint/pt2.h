// torch.export archives (pt2). Not thread-safe while it fills the contents.
#ifndef ZOO_CHECKPOINT_PT2_H_
#define ZOO_CHECKPOINT_PT2_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/torch_archive.h"

namespace zoo {

// Reads what torch.export.save wrote of an exported program: {"state_dict": {name: tensor},
// "constants": {name: tensor}}, or, of several models in one archive, a dict from each one's name
// to that. An entry that is a pickle becomes an object. The programs themselves and their sample
// inputs are left alone. kUnsupported for archives that keep no weights by name, kCorrupt for a
// tensor that its record cannot hold.
Status ReadPt2(TorchArchive& archive);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PT2_H_
