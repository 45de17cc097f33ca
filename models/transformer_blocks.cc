#include "zoo/models/transformer_blocks.h"

#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/dropout.h>

#include "zoo/models/layers.h"

namespace zoo::models {

using torch::nn::LayerNormOptions;

torch::nn::LayerNorm MakeNorm(int64_t channels, double eps) {
  return MakeLayerNorm(LayerNormOptions({channels}).eps(eps));
}

LayerNorm2dImpl::LayerNorm2dImpl(int64_t channels, double eps)
    : LayerNormImpl(LayerNormOptions({1}).eps(eps)) {
  options.normalized_shape({channels});
  weight.set_data(Ghost({channels}));
  bias.set_data(Ghost({channels}));
}

at::Tensor LayerNorm2dImpl::forward(const at::Tensor& x) {
  const at::Tensor last = x.permute(kChannelsLast);
  return at::layer_norm(last, options.normalized_shape(), weight, bias, options.eps())
      .permute(kChannelsFirst);
}

Chain MakeMlp(const MlpOptions& options) {
  return Chain(MakeLinear({options.width, options.hidden}), torch::nn::GELU(),
               torch::nn::Dropout(options.dropout), MakeLinear({options.hidden, options.width}),
               torch::nn::Dropout(options.dropout));
}

SelfAttentionImpl::SelfAttentionImpl(const SelfAttentionOptions& options)
    : heads_(options.heads), dropout_(options.dropout) {
  const int64_t width = options.width;
  in_proj_weight = register_parameter("in_proj_weight", Ghost({3 * width, width}));
  in_proj_bias = register_parameter("in_proj_bias", Ghost({3 * width}));
  out_proj = register_module("out_proj", MakeLinear({width, width}));
}

at::Tensor SelfAttentionImpl::forward(const at::Tensor& x) {
  const int64_t n = x.size(0), places = x.size(1), width = x.size(2);
  const at::Tensor all = at::linear(x, in_proj_weight, in_proj_bias)
                             .view({n, places, 3, heads_, width / heads_})
                             .permute({2, 0, 3, 1, 4});
  const at::Tensor seen = at::scaled_dot_product_attention(all[0], all[1], all[2], /*attn_mask=*/{},
                                                           is_training() ? dropout_ : 0);
  // In memory [places, N, width], as in Python: a dropout behind this draws its random numbers in
  // the order of memory.
  const at::Tensor rows = seen.permute({2, 0, 1, 3}).reshape({places, n, width});
  return out_proj(rows).transpose(0, 1);
}

void SelfAttentionImpl::AdjustInitialValues() {
  torch::nn::init::xavier_uniform_(in_proj_weight);
  torch::nn::init::zeros_(in_proj_bias);
  torch::nn::init::zeros_(out_proj->bias);
}

}  // namespace zoo::models
