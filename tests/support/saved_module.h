// A module's state dict in a file, as torch.save(model.state_dict()) writes it.
#ifndef ZOO_TESTS_SUPPORT_SAVED_MODULE_H_
#define ZOO_TESTS_SUPPORT_SAVED_MODULE_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <filesystem>

namespace zoo {

// Gives every tensor memory: floating ones hold 0.25, others 3.
void FillWithNumbers(torch::nn::Module& module);

// Floating tensors are converted to `dtype`.
void SaveWeights(const torch::nn::Module& module, const std::filesystem::path& file,
                 at::ScalarType dtype = at::kFloat);

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_SAVED_MODULE_H_
