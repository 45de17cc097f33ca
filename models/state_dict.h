// The tensors of a module by their Python names, in the order of Python's state_dict(): of each
// module its parameters, then its buffers, then its children.
//
//   for (models::NamedTensor& slot : models::StateDictOf(module)) slot.tensor.set_data(values);
#ifndef ZOO_MODELS_STATE_DICT_H_
#define ZOO_MODELS_STATE_DICT_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <string>
#include <vector>

namespace zoo::models {

struct NamedTensor {
  std::string name;   // "layer1.0.bn1.running_mean"
  at::Tensor tensor;  // the module's own: set_data on it reaches the module
  bool buffer = false;
};

// Undefined tensors (the bias of a layer without one) are left out; a tensor that two modules share
// appears under each of its names.
std::vector<NamedTensor> StateDictOf(const torch::nn::Module& module);

}  // namespace zoo::models

#endif  // ZOO_MODELS_STATE_DICT_H_
