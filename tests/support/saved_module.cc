#include "zoo/tests/support/saved_module.h"

#include <ATen/core/Dict.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/full.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "zoo/models/state_dict.h"

namespace zoo {

void FillWithNumbers(torch::nn::Module& module) {
  for (auto& slot : models::StateDictOf(module)) {
    const double number = slot.tensor.is_floating_point() ? 0.25 : 3;
    slot.tensor.set_data(
        at::full(slot.tensor.sizes(), number, slot.tensor.options().requires_grad(false)));
  }
}

void SaveWeights(const torch::nn::Module& module, const std::filesystem::path& file,
                 at::ScalarType dtype) {
  c10::Dict<std::string, at::Tensor> state;
  for (const auto& slot : models::StateDictOf(module)) {
    const bool floating = slot.tensor.is_floating_point();
    state.insert(slot.name, floating ? slot.tensor.detach().to(dtype) : slot.tensor);
  }
  const std::vector<char> bytes = torch::jit::pickle_save(state);
  std::ofstream out(file, std::ios::binary);
  out.exceptions(std::ios::failbit | std::ios::badbit);
  out.write(bytes.data(), static_cast<int64_t>(bytes.size()));
}

}  // namespace zoo
