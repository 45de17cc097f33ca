// Which architecture a pickled module of Python's torchvision is, and with which options: read from
// its class, its attributes and its shapes. A part of whole_model.cc. Pure; any thread.
#ifndef ZOO_LOADER_PYTHON_MODELS_H_
#define ZOO_LOADER_PYTHON_MODELS_H_

#include <memory>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/models/classifier.h"

namespace zoo {

// The module inside the wrappers that training puts around one (DataParallel, torch.compile).
Value Unwrapped(Value module);

// The architecture without weights. REQUIRES: `module` is one (Value::Kind::kModule), unwrapped.
// kUnsupported, naming the class, for one that is not known; kMismatch if no architecture of the
// class has these shapes and settings of layers.
Result<std::shared_ptr<models::Classifier>> MakeLike(const Checkpoint& checkpoint,
                                                     const Value& module);

// Takes over which parameters require gradients, and which submodules are in training mode. One
// that is not in the file is as the module that holds it.
void TakeModes(const Checkpoint& checkpoint, const Value& module, models::Classifier& model);

}  // namespace zoo

#endif  // ZOO_LOADER_PYTHON_MODELS_H_
