#include "zoo/models/initial_values.h"

#include <torch/nn/init.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/utils.h>

#include <cmath>
#include <numbers>

namespace zoo::models {
namespace {

double NormalCdf(double x) { return (1 + std::erf(x / std::numbers::sqrt2)) / 2; }

void Zero(at::Tensor& bias) {
  if (bias.defined()) torch::nn::init::zeros_(bias);
}

}  // namespace

void TruncNormal(const at::Tensor& tensor, double deviation, double min, double max) {
  torch::NoGradGuard no_grad;
  // By the inverse of the distribution function, which maps (-1, 1) here.
  const double low = 2 * NormalCdf(min / deviation) - 1, high = 2 * NormalCdf(max / deviation) - 1;
  tensor.uniform_(low, high).erfinv_().mul_(deviation * std::numbers::sqrt2).clamp_(min, max);
}

void KaimingConvs(torch::nn::Module& module) {
  ForEach<torch::nn::Conv2d>(module, [](torch::nn::Conv2dImpl& conv) {
    torch::nn::init::kaiming_normal_(conv.weight, 0, torch::kFanOut, torch::kReLU);
    Zero(conv.bias);
  });
}

void NormalLinears(torch::nn::Module& module, double deviation) {
  ForEach<torch::nn::Linear>(module, [&](torch::nn::LinearImpl& linear) {
    torch::nn::init::normal_(linear.weight, 0, deviation);
    Zero(linear.bias);
  });
}

void TruncNormalConvs(torch::nn::Module& module, double deviation) {
  ForEach<torch::nn::Conv2d>(module, [&](torch::nn::Conv2dImpl& conv) {
    TruncNormal(conv.weight, deviation);
    Zero(conv.bias);
  });
}

void TruncNormalLinears(torch::nn::Module& module, double deviation) {
  ForEach<torch::nn::Linear>(module, [&](torch::nn::LinearImpl& linear) {
    TruncNormal(linear.weight, deviation);
    Zero(linear.bias);
  });
}

}  // namespace zoo::models
