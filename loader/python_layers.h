// The layers without tensors of torchvision's classes (activations, poolings, dropout ...): a state
// dict shows nothing of them, and a model where one is replaced computes something else. A part of
// python_models.cc. Pure; any thread.
#ifndef ZOO_LOADER_PYTHON_LAYERS_H_
#define ZOO_LOADER_PYTHON_LAYERS_H_

#include <string>
#include <string_view>

#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

// What of `module`, a pickled one of torchvision, is not as the architecture has it: the path of a
// layer, or "count of ReLU" where some are missing. Empty if nothing is. Attributes that the file
// does not have are no difference: older releases did not know them.
std::string UnexpectedLayer(const Value& module, std::string_view architecture);

}  // namespace zoo

#endif  // ZOO_LOADER_PYTHON_LAYERS_H_
