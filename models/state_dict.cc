#include "zoo/models/state_dict.h"

namespace zoo::models {
namespace {

void Collect(const torch::nn::Module& module, const std::string& prefix,
             std::vector<NamedTensor>& into) {
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    into.push_back({prefix + item.key(), item.value(), false});
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false)) {
    into.push_back({prefix + item.key(), item.value(), true});
  }
  for (const auto& item : module.named_children()) {
    Collect(*item.value(), prefix + item.key() + ".", into);
  }
}

}  // namespace

std::vector<NamedTensor> StateDictOf(const torch::nn::Module& module) {
  std::vector<NamedTensor> state;
  Collect(module, "", state);
  return state;
}

}  // namespace zoo::models
