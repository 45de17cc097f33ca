#include "zoo/models/shifted_window_attention.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log2.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/functional/normalization.h>
#include <torch/nn/init.h>

#include <algorithm>
#include <cmath>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/window_attention.h"

namespace zoo::models {
namespace {

constexpr int64_t kHidden = 512;  // of cpb_mlp
constexpr double kApart = -100;   // added to the logit of two places that may not see each other

// Distances within a window, on a logarithmic scale: [1, 2 size - 1, 2 size - 1, 2].
at::Tensor RelativeCoordsTable(int64_t size) {
  const at::Tensor far = at::arange(1 - size, size, at::kFloat) / static_cast<double>(size - 1) * 8;
  const at::Tensor log = far.sign() * at::log2(far.abs() + 1) / 3;
  const int64_t span = 2 * size - 1;
  return at::stack({log.unsqueeze(1).expand({span, span}), log.expand({span, span})}, -1)
      .unsqueeze(0);
}

at::Tensor Cosine(const at::Tensor& q, const at::Tensor& k) {
  const auto last = torch::nn::functional::NormalizeFuncOptions().dim(-1);
  return at::matmul(torch::nn::functional::normalize(q, last),
                    torch::nn::functional::normalize(k, last).transpose(-2, -1));
}

// Which of the parts, that the shift joins, the places along an axis belong to.
at::Tensor Parts(int64_t size, int64_t window, int64_t shift, const at::TensorOptions& options) {
  at::Tensor parts = at::zeros({size}, options);
  if (shift == 0) return parts;
  parts.slice(0, size - window).fill_(1);
  parts.slice(0, size - shift).fill_(2);
  return parts;
}

}  // namespace

ShiftedWindowAttention::ShiftedWindowAttention(const ShiftedWindowAttentionOptions& options)
    : options_(options) {
  const int64_t width = options.width, heads = options.heads, span = 2 * options.window - 1;
  if (options.v2) {
    logit_scale = register_parameter("logit_scale", Ghost({heads, 1, 1}));
    relative_coords_table =
        register_buffer("relative_coords_table", RelativeCoordsTable(options.window));
  } else {
    relative_position_bias_table =
        register_parameter("relative_position_bias_table", Ghost({span * span, heads}));
  }
  relative_position_index =
      register_buffer("relative_position_index", RelativePositionIndex(options.window).flatten());
  qkv = register_module("qkv", MakeLinear({width, 3 * width}));
  proj = register_module("proj", MakeLinear({width, width}));
  if (options.v2) {
    const auto last = torch::nn::LinearOptions(kHidden, heads).bias(false);
    cpb_mlp = register_module("cpb_mlp", Chain(MakeLinear({2, kHidden}), Relu(), MakeLinear(last)));
  }
}

at::Tensor ShiftedWindowAttention::Bias() {
  if (!options_.v2) {
    return RelativePositionBias(relative_position_bias_table, relative_position_index);
  }
  const at::Tensor table = cpb_mlp(relative_coords_table).view({-1, options_.heads});
  return 16 * at::sigmoid(RelativePositionBias(table, relative_position_index));
}

at::Tensor ShiftedWindowAttention::Mask(const at::Tensor& x, const Shift& shift) const {
  const int64_t window = options_.window;
  const at::Tensor down = Parts(x.size(1), window, shift.down, x.options().requires_grad(false)),
                   right = Parts(x.size(2), window, shift.right, x.options().requires_grad(false));
  const at::Tensor map = (3 * down.unsqueeze(1) + right).unsqueeze(0).unsqueeze(-1);
  const at::Tensor parts = SplitWindows(map, window, window).reshape({-1, window * window});
  return parts.unsqueeze(1).ne(parts.unsqueeze(2)).to(x.scalar_type()).mul_(kApart);
}

at::Tensor ShiftedWindowAttention::Attend(const at::Tensor& windows, const at::Tensor& mask) {
  at::Tensor bias = qkv->bias;
  if (options_.v2) {  // keys have none
    bias = bias.clone();
    bias.slice(0, options_.width, 2 * options_.width).zero_();
  }
  const at::Tensor all = SplitHeads(at::linear(windows, qkv->weight, bias), options_.heads);
  at::Tensor weights;
  if (options_.v2) {
    weights = Cosine(all[0], all[1]) * logit_scale.clamp_max(std::log(100.0)).exp();
  } else {
    const double scale = 1 / std::sqrt(static_cast<double>(options_.width / options_.heads));
    weights = at::matmul(all[0] * scale, all[1].transpose(-2, -1));
  }
  weights = weights + Bias().unsqueeze(0);
  if (mask.defined()) weights = weights + mask.unsqueeze(1);
  weights = at::dropout(at::softmax(weights, -1), options_.attention_dropout, is_training());
  return at::dropout(proj(JoinHeads(at::matmul(weights, all[2]))), options_.dropout, is_training());
}

at::Tensor ShiftedWindowAttention::forward(const at::Tensor& input) {
  const int64_t window = options_.window, height = input.size(1), width = input.size(2);
  const auto missing = [&](int64_t size) { return (window - size % window) % window; };
  at::Tensor x = at::constant_pad_nd(input, {0, 0, 0, missing(width), 0, missing(height)}, 0);
  // One window has nothing to be shifted against.
  const Shift shift = {.down = x.size(1) > window ? options_.shift : 0,
                       .right = x.size(2) > window ? options_.shift : 0};
  if (shift) x = at::roll(x, {-shift.down, -shift.right}, {1, 2});
  const at::Tensor split = SplitWindows(x, window, window);
  const at::Tensor seen =
      Attend(split.flatten(1, 2), shift ? Mask(x, shift) : at::Tensor()).view(split.sizes());
  x = JoinWindows(seen, window, window);
  if (shift) x = at::roll(x, {shift.down, shift.right}, {1, 2});
  return x.slice(1, 0, height).slice(2, 0, width).contiguous();
}

void ShiftedWindowAttention::AdjustInitialValues() {
  relative_position_index.copy_(RelativePositionIndex(options_.window).flatten());
  if (options_.v2) {
    relative_coords_table.copy_(RelativeCoordsTable(options_.window));
    torch::nn::init::constant_(logit_scale, std::log(10.0));
  } else {
    TruncNormal(relative_position_bias_table, 0.02);
  }
}

}  // namespace zoo::models
