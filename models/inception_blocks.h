// What GoogLeNet and Inception v3 share.
#ifndef ZOO_MODELS_INCEPTION_BLOCKS_H_
#define ZOO_MODELS_INCEPTION_BLOCKS_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/any.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/pimpl.h>

#include <vector>

namespace zoo::models {

// A convolution without bias "conv", a batch norm "bn", ReLU.
class BasicConv2dImpl : public torch::nn::Module {
 public:
  explicit BasicConv2dImpl(torch::nn::Conv2dOptions options);
  at::Tensor forward(at::Tensor x);

  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d bn{nullptr};
};
TORCH_MODULE(BasicConv2d);

// From images normalised by ImageNet's mean and deviation to those normalised by 0.5 and 0.5, which
// the weights that were ported from TensorFlow want.
at::Tensor ToHalves(const at::Tensor& images);

// Layers one after another that have no container of their own in Python.
at::Tensor Through(std::vector<torch::nn::AnyModule>& layers, at::Tensor x);

}  // namespace zoo::models

#endif  // ZOO_MODELS_INCEPTION_BLOCKS_H_
