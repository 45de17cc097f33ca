// Blocks that the transformers, and the convolutional nets built like them, share.
//
//   Chain stem(MakeConv2d(...), Permute(kChannelsLast), MakeNorm(96, 1e-5));
//   Chain mlp = MakeMlp({.width = 96, .hidden = 384, .dropout = 0.1});
#ifndef ZOO_MODELS_TRANSFORMER_BLOCKS_H_
#define ZOO_MODELS_TRANSFORMER_BLOCKS_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>

#include <array>
#include <cstdint>
#include <memory>

#include "zoo/models/blocks.h"

namespace zoo::models {

using Axes = std::array<int64_t, 4>;
inline constexpr Axes kChannelsLast = {0, 2, 3, 1};   // [N, C, H, W] -> [N, H, W, C]
inline constexpr Axes kChannelsFirst = {0, 3, 1, 2};  // and back

// A view with the axes in another order.
class PermuteImpl : public torch::nn::Module {
 public:
  explicit PermuteImpl(const Axes& axes) : axes_(axes) {}
  at::Tensor forward(const at::Tensor& x) { return x.permute(axes_); }

 private:
  Axes axes_;
};
TORCH_MODULE(Permute);

// Over the last dimension.
torch::nn::LayerNorm MakeNorm(int64_t channels, double eps);

// Over the channels of [N, C, H, W], each place by itself.
class LayerNorm2dImpl : public torch::nn::LayerNormImpl {
 public:
  LayerNorm2dImpl(int64_t channels, double eps);
  at::Tensor forward(const at::Tensor& x);
};
TORCH_MODULE(LayerNorm2d);

struct MlpOptions {
  int64_t width, hidden;
  double dropout = 0;
};

// Linear "0", GELU, dropout, linear "3", dropout.
Chain MakeMlp(const MlpOptions& options);

struct SelfAttentionOptions {
  int64_t width, heads;
  double dropout = 0;  // of the weights
};

// nn.MultiheadAttention(batch_first=True) of an input with itself, without its weights as output:
// [N, places, width] to the same.
class SelfAttentionImpl : public torch::nn::Module {
 public:
  explicit SelfAttentionImpl(const SelfAttentionOptions& options);
  at::Tensor forward(const at::Tensor& x);
  // What Python's constructor leaves in it; REQUIRES: memory.
  void AdjustInitialValues();

  at::Tensor in_proj_weight, in_proj_bias;  // of queries, keys and values, one under another
  torch::nn::Linear out_proj{nullptr};

 private:
  int64_t heads_;
  double dropout_;
};
class SelfAttention : public torch::nn::ModuleHolder<SelfAttentionImpl> {
 public:
  using Impl = SelfAttentionImpl;
  using ModuleHolder::ModuleHolder;
  explicit SelfAttention(const SelfAttentionOptions& options)
      : ModuleHolder(std::make_shared<Impl>(options)) {}
};

}  // namespace zoo::models

#endif  // ZOO_MODELS_TRANSFORMER_BLOCKS_H_
