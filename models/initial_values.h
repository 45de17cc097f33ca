// What constructors of several families do to fresh layers: parts of AdjustInitialValues. Each
// changes the layers in and under `module`, which need memory (initialize.h).
#ifndef ZOO_MODELS_INITIAL_VALUES_H_
#define ZOO_MODELS_INITIAL_VALUES_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace zoo::models {

// Calls change(layer) with each layer of that kind: ForEach<torch::nn::Linear>(*this, ...).
template <typename Layer, typename Change>
void ForEach(torch::nn::Module& module, const Change& change) {
  for (const auto& child : module.modules(/*include_self=*/false)) {
    if (auto* layer = child->template as<Layer>()) change(*layer);
  }
}

// Normal, cut at `min` and `max`: what trunc_normal_ of torch.nn.init does, of which LibTorch has
// none.
void TruncNormal(const at::Tensor& tensor, double deviation, double min = -2, double max = 2);

// Convolutions: normal, sqrt(2 / fan_out), and no bias.
void KaimingConvs(torch::nn::Module& module);
// Linear layers: normal, and no bias.
void NormalLinears(torch::nn::Module& module, double deviation);
// Convolutions, and linear layers: TruncNormal, and no bias.
void TruncNormalConvs(torch::nn::Module& module, double deviation);
void TruncNormalLinears(torch::nn::Module& module, double deviation);

}  // namespace zoo::models

#endif  // ZOO_MODELS_INITIAL_VALUES_H_
