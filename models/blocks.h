// Blocks that several families are made of, with the names that their children have in
// torchvision.ops.
//
//   ConvNormActivation stem({.in = 3, .out = 32, .stride = 2, .activation = at::silu_});
//   Chain features(stem, torch::nn::Dropout(0.2));
//
// What they compute in training mode is what Python computes, draws of the random generator
// included.
#ifndef ZOO_MODELS_BLOCKS_H_
#define ZOO_MODELS_BLOCKS_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/pimpl.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace zoo::models {

// Works in place: at::relu_, at::silu_ ... Null is none.
using Activation = at::Tensor& (*)(at::Tensor&);

// `channels` rounded to a multiple of `divisor`, at least one, and never by more than a tenth down.
int64_t RoundChannels(double channels, int64_t divisor = 8);

// For places in a chain where Python has nn.ReLU(inplace=True).
torch::nn::ReLU Relu();

// A torch::nn::Sequential that can stand in another one: the plain one cannot, since its forward
// is a template.
class ChainImpl : public torch::nn::SequentialImpl {
 public:
  using SequentialImpl::SequentialImpl;
  at::Tensor forward(at::Tensor x);
  // Only through the layers from `begin` to before `end`.
  at::Tensor Run(at::Tensor x, size_t begin, size_t end);
};
TORCH_MODULE(Chain);

struct NormOptions {
  double eps = 1e-5;
  double momentum = 0.1;  // weight of the newest batch
};

torch::nn::BatchNorm2d MakeNorm2d(int64_t channels, const NormOptions& norm);

struct ConvNormActivationOptions {
  int64_t in, out;
  int64_t kernel = 3, stride = 1, groups = 1,
          dilation = 1;  // padded so that stride 1 keeps the size
  NormOptions norm;
  Activation activation = at::relu_;
};

// Conv2dNormActivation: a convolution without bias "0", a batch norm "1", an activation.
class ConvNormActivationImpl : public torch::nn::Module {
 public:
  explicit ConvNormActivationImpl(const ConvNormActivationOptions& options);
  at::Tensor forward(at::Tensor x);

  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};

 private:
  Activation activation_;
};
class ConvNormActivation : public torch::nn::ModuleHolder<ConvNormActivationImpl> {
 public:
  using Impl = ConvNormActivationImpl;
  using ModuleHolder::ModuleHolder;
  explicit ConvNormActivation(const ConvNormActivationOptions& options)
      : ModuleHolder(std::make_shared<Impl>(options)) {}
};

struct SqueezeExcitationOptions {
  int64_t channels, squeezed;
  Activation activation = at::relu_;
  Activation scale = at::sigmoid_;
};

// Channels weighted by what all of the image says: arXiv:1709.01507.
class SqueezeExcitationImpl : public torch::nn::Module {
 public:
  explicit SqueezeExcitationImpl(const SqueezeExcitationOptions& options);
  at::Tensor forward(at::Tensor x);

  torch::nn::Conv2d fc1{nullptr}, fc2{nullptr};

 private:
  Activation activation_, scale_;
};
class SqueezeExcitation : public torch::nn::ModuleHolder<SqueezeExcitationImpl> {
 public:
  using Impl = SqueezeExcitationImpl;
  using ModuleHolder::ModuleHolder;
  explicit SqueezeExcitation(const SqueezeExcitationOptions& options)
      : ModuleHolder(std::make_shared<Impl>(options)) {}
};

// While training, zero for what is dropped and 1 / (1 - rate) times the input for the rest:
// arXiv:1603.09382. In eval mode, and at rate 0, the input itself.
class StochasticDepthImpl : public torch::nn::Module {
 public:
  enum class Mode { kRow, kBatch };  // drops each sample by itself, or all together

  explicit StochasticDepthImpl(double rate, Mode mode = Mode::kRow);
  at::Tensor forward(at::Tensor x);

 private:
  double rate_;
  Mode mode_;
};
TORCH_MODULE(StochasticDepth);

}  // namespace zoo::models

#endif  // ZOO_MODELS_BLOCKS_H_
