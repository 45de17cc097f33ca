#include "zoo/bench/plain_layers.h"

#include <ATen/ops/empty.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <vector>

namespace zoo {
namespace {

namespace nn = torch::nn;

nn::Conv2dOptions OptionsOf(const nn::Conv2dImpl& conv) {
  const auto& from = conv.options;
  return nn::Conv2dOptions(from.in_channels(), from.out_channels(), from.kernel_size())
      .stride(from.stride())
      .padding(from.padding())
      .dilation(from.dilation())
      .groups(from.groups())
      .bias(from.bias());
}

struct PlainLayers {
  std::vector<std::shared_ptr<nn::Module>> layers;
  std::vector<at::Tensor> parameters;

  void Add(const nn::Module& like) {
    if (const auto* conv = like.as<nn::Conv2d>()) {
      layers.push_back(nn::Conv2d(OptionsOf(*conv)).ptr());
    } else if (const auto* linear = like.as<nn::Linear>()) {
      layers.push_back(nn::Linear(linear->options).ptr());
    } else if (const auto* norm = like.as<nn::BatchNorm2d>()) {
      layers.push_back(nn::BatchNorm2d(norm->options).ptr());
    } else if (const auto* norm = like.as<nn::LayerNorm>()) {
      layers.push_back(nn::LayerNorm(norm->options).ptr());
    } else {
      for (const at::Tensor& own : like.parameters(/*recurse=*/false)) {
        parameters.push_back(at::empty(own.sizes()).uniform_(-1, 1).set_requires_grad(true));
      }
    }
  }
};

}  // namespace

std::shared_ptr<void> MakePlainLayers(const nn::Module& module) {
  auto plain = std::make_shared<PlainLayers>();
  for (const auto& layer : module.modules(/*include_self=*/false)) plain->Add(*layer);
  return plain;
}

}  // namespace zoo
