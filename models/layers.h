// Layer makers: real torch::nn layers that cost nothing until weights are put into them. Every
// family builds itself from these.
//
//   conv1 = register_module("conv1", MakeConv2d(Conv2dOptions(3, 64, 7).stride(2).bias(false)));
//   class_token = register_parameter("class_token", Ghost({1, 1, 768}));
//
// Their tensors are ghosts: one NaN of their own, expanded with strides 0, so of the right shape
// and dtype without memory or initial values. An unloaded layer computes NaN. Loading gives a ghost
// its values by set_data (loader/load_into.h), training from the start by InitializeForTraining
// (initialize.h); copy_ into a ghost throws, and clone() or reset() runs the full initialisation.
//
// Pure; any thread.
#ifndef ZOO_MODELS_LAYERS_H_
#define ZOO_MODELS_LAYERS_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

namespace zoo::models {

// A tensor of that shape without memory: NaN everywhere, -1 for whole numbers, false for bool.
at::Tensor Ghost(at::IntArrayRef shape, at::ScalarType dtype = at::kFloat);
// True if elements of the tensor share memory: values cannot be stored in it.
bool IsGhost(const at::Tensor& tensor);

torch::nn::Conv2d MakeConv2d(const torch::nn::Conv2dOptions& options);
torch::nn::BatchNorm2d MakeBatchNorm2d(const torch::nn::BatchNormOptions& options);
torch::nn::Linear MakeLinear(const torch::nn::LinearOptions& options);
torch::nn::LayerNorm MakeLayerNorm(const torch::nn::LayerNormOptions& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_LAYERS_H_
