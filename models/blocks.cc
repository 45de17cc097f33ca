#include "zoo/models/blocks.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "zoo/models/layers.h"

namespace zoo::models {

using torch::nn::Conv2dOptions;

int64_t RoundChannels(double channels, int64_t divisor) {
  const int64_t rounded =
      std::max(divisor, static_cast<int64_t>(channels + static_cast<double>(divisor) / 2) /
                            divisor * divisor);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + divisor : rounded;
}

torch::nn::ReLU Relu() { return torch::nn::ReLU(torch::nn::ReLUOptions(/*inplace=*/true)); }

at::Tensor ChainImpl::forward(at::Tensor x) { return Run(std::move(x), 0, size()); }

at::Tensor ChainImpl::Run(at::Tensor x, size_t begin, size_t end) {
  for (auto layer = this->begin() + static_cast<ptrdiff_t>(begin);
       layer != this->begin() + static_cast<ptrdiff_t>(end); ++layer) {
    x = layer->forward(std::move(x));
  }
  return x;
}

torch::nn::BatchNorm2d MakeNorm2d(int64_t channels, const NormOptions& norm) {
  return MakeBatchNorm2d(
      torch::nn::BatchNormOptions(channels).eps(norm.eps).momentum(norm.momentum));
}

ConvNormActivationImpl::ConvNormActivationImpl(const ConvNormActivationOptions& options)
    : activation_(options.activation) {
  conv = register_module("0", MakeConv2d(Conv2dOptions(options.in, options.out, options.kernel)
                                             .stride(options.stride)
                                             .padding((options.kernel - 1) / 2 * options.dilation)
                                             .dilation(options.dilation)
                                             .groups(options.groups)
                                             .bias(false)));
  norm = register_module("1", MakeNorm2d(options.out, options.norm));
}

at::Tensor ConvNormActivationImpl::forward(at::Tensor x) {
  x = norm(conv(x));
  return activation_ == nullptr ? x : activation_(x);
}

SqueezeExcitationImpl::SqueezeExcitationImpl(const SqueezeExcitationOptions& options)
    : activation_(options.activation), scale_(options.scale) {
  fc1 = register_module("fc1", MakeConv2d(Conv2dOptions(options.channels, options.squeezed, 1)));
  fc2 = register_module("fc2", MakeConv2d(Conv2dOptions(options.squeezed, options.channels, 1)));
}

at::Tensor SqueezeExcitationImpl::forward(at::Tensor x) {
  at::Tensor scale = fc1(at::adaptive_avg_pool2d(x, {1, 1}));
  scale = fc2(activation_(scale));
  return scale_(scale) * x;
}

StochasticDepthImpl::StochasticDepthImpl(double rate, Mode mode) : rate_(rate), mode_(mode) {}

at::Tensor StochasticDepthImpl::forward(at::Tensor x) {
  if (!is_training() || rate_ == 0) return x;
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
  if (mode_ == Mode::kRow) shape[0] = x.size(0);
  const double kept = 1 - rate_;
  at::Tensor noise = at::empty(shape, x.options()).bernoulli_(kept);
  if (kept > 0) noise.div_(kept);
  return x * noise;
}

}  // namespace zoo::models
