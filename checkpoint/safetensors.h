// Safetensors files: a JSON header and the tensors' bytes behind it. Fills the arena with one dict
// of tensors, each over a storage of its own.
#ifndef ZOO_CHECKPOINT_SAFETENSORS_H_
#define ZOO_CHECKPOINT_SAFETENSORS_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// kCorrupt for what is damaged or contradicts itself, kUnsupported for types not known here.
Status ReadSafetensors(FileContents& contents);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_SAFETENSORS_H_
