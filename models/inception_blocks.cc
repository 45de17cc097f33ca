#include "zoo/models/inception_blocks.h"

#include <ATen/ops/cat.h>

#include <array>
#include <utility>

#include "zoo/models/layers.h"

namespace zoo::models {
namespace {

constexpr std::array<double, 3> kMean = {0.485, 0.456, 0.406}, kDeviation = {0.229, 0.224, 0.225};

}  // namespace

BasicConv2dImpl::BasicConv2dImpl(torch::nn::Conv2dOptions options) {
  conv = register_module("conv", MakeConv2d(options.bias(false)));
  bn = register_module(
      "bn", MakeBatchNorm2d(torch::nn::BatchNormOptions(options.out_channels()).eps(1e-3)));
}

at::Tensor BasicConv2dImpl::forward(at::Tensor x) { return bn(conv(x)).relu_(); }

at::Tensor ToHalves(const at::Tensor& images) {
  std::vector<at::Tensor> channels;
  for (int64_t i = 0; i < 3; ++i) {
    channels.push_back(images.slice(1, i, i + 1) * (kDeviation[i] / 0.5) + (kMean[i] - 0.5) / 0.5);
  }
  return at::cat(channels, 1);
}

at::Tensor Through(std::vector<torch::nn::AnyModule>& layers, at::Tensor x) {
  for (torch::nn::AnyModule& layer : layers) x = layer.forward(std::move(x));
  return x;
}

}  // namespace zoo::models
