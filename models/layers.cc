#include "zoo/models/layers.h"

#include <ATen/ops/full.h>

#include <limits>

namespace zoo::models {
namespace {

// A layer is made with the fewest channels it can have, a seed, and then told its true size: its
// constructor initialises a handful of numbers instead of millions.
void Reshape(at::Tensor& tensor, at::IntArrayRef shape) {
  if (tensor.defined()) tensor.set_data(Ghost(shape, tensor.scalar_type()));
}

}  // namespace

at::Tensor Ghost(at::IntArrayRef shape, at::ScalarType dtype) {
  // Never a number shared with other ghosts: fill_ and zero_ do reach it.
  const auto options = at::TensorOptions(dtype);
  if (at::isFloatingType(dtype) || at::isComplexType(dtype)) {
    return at::full({}, std::numeric_limits<double>::quiet_NaN(), options).expand(shape);
  }
  return at::full({}, dtype == at::kBool ? 0 : -1, options).expand(shape);
}

bool IsGhost(const at::Tensor& tensor) {
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    if (tensor.stride(i) == 0 && tensor.size(i) > 1) return true;
  }
  return false;
}

torch::nn::Conv2d MakeConv2d(const torch::nn::Conv2dOptions& options) {
  // The seed keeps the kernel size and padding: the layer computes a hidden padding list from them.
  // Not the groups, of which a depthwise convolution has one for each channel.
  auto seed = options;
  seed.in_channels(1).out_channels(1).groups(1);
  torch::nn::Conv2d conv(seed);
  conv->options.in_channels(options.in_channels())
      .out_channels(options.out_channels())
      .groups(options.groups());
  const auto& kernel = *options.kernel_size();
  Reshape(conv->weight,
          {options.out_channels(), options.in_channels() / options.groups(), kernel[0], kernel[1]});
  Reshape(conv->bias, {options.out_channels()});
  return conv;
}

torch::nn::BatchNorm2d MakeBatchNorm2d(const torch::nn::BatchNormOptions& options) {
  auto seed = options;
  seed.num_features(1);
  torch::nn::BatchNorm2d norm(seed);
  norm->options = options;
  for (at::Tensor* tensor : {&norm->weight, &norm->bias, &norm->running_mean, &norm->running_var}) {
    Reshape(*tensor, {options.num_features()});
  }
  return norm;
}

torch::nn::Linear MakeLinear(const torch::nn::LinearOptions& options) {
  auto seed = options;
  seed.in_features(1).out_features(1);
  torch::nn::Linear linear(seed);
  linear->options = options;
  Reshape(linear->weight, {options.out_features(), options.in_features()});
  Reshape(linear->bias, {options.out_features()});
  return linear;
}

torch::nn::LayerNorm MakeLayerNorm(const torch::nn::LayerNormOptions& options) {
  auto seed = options;
  seed.normalized_shape({1});
  torch::nn::LayerNorm norm(seed);
  norm->options = options;
  Reshape(norm->weight, options.normalized_shape());
  Reshape(norm->bias, options.normalized_shape());
  return norm;
}

}  // namespace zoo::models
