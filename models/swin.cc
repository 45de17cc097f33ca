#include "zoo/models/swin.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <torch/nn/modules/conv.h>

#include <numeric>
#include <string>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"
#include "zoo/models/shifted_window_attention.h"
#include "zoo/models/transformer_blocks.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;

constexpr double kEps = 1e-5;
constexpr int64_t kPatch = 4;
constexpr double kDeviation = 0.02;  // of initial weights

struct BlockShape {
  ShiftedWindowAttentionOptions attention;
  MlpOptions mlp;
  double drop_rate;
};

class Block : public torch::nn::Module {
 public:
  explicit Block(const BlockShape& shape) : v2_(shape.attention.v2) {
    const int64_t width = shape.mlp.width;
    norm1 = register_module("norm1", MakeNorm(width, kEps));
    attn = register_module("attn", std::make_shared<ShiftedWindowAttention>(shape.attention));
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(shape.drop_rate));
    norm2 = register_module("norm2", MakeNorm(width, kEps));
    mlp = register_module("mlp", MakeMlp(shape.mlp));
  }

  at::Tensor forward(at::Tensor x) {
    x = x + stochastic_depth(v2_ ? norm1(attn->forward(x)) : attn->forward(norm1(x)));
    return x + stochastic_depth(v2_ ? norm2(mlp(x)) : mlp(norm2(x)));
  }

  torch::nn::LayerNorm norm1{nullptr}, norm2{nullptr};
  std::shared_ptr<ShiftedWindowAttention> attn;
  StochasticDepth stochastic_depth{nullptr};
  Chain mlp{nullptr};

 private:
  bool v2_;
};

// Each four neighbours, [N, H, W, C], become one place of twice the width.
class PatchMerging : public torch::nn::Module {
 public:
  PatchMerging(int64_t width, bool v2) : v2_(v2) {
    const auto options = torch::nn::LinearOptions(4 * width, 2 * width).bias(false);
    reduction = register_module("reduction", MakeLinear(options));
    norm = register_module("norm", MakeNorm((v2 ? 2 : 4) * width, kEps));
  }

  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor even = at::constant_pad_nd(x, {0, 0, 0, x.size(2) % 2, 0, x.size(1) % 2}, 0);
    const auto every_second = [&](int64_t row, int64_t column) {
      return even.slice(1, row, {}, 2).slice(2, column, {}, 2);
    };
    const at::Tensor four = at::cat(
        {every_second(0, 0), every_second(1, 0), every_second(0, 1), every_second(1, 1)}, -1);
    return v2_ ? norm(reduction(four)) : reduction(norm(four));
  }

  torch::nn::Linear reduction{nullptr};
  torch::nn::LayerNorm norm{nullptr};

 private:
  bool v2_;
};

BlockShape ShapeOf(const SwinVariant& variant, const SwinOptions& options, int64_t width,
                   int64_t heads) {
  return {.attention = {.v2 = variant.v2,
                        .width = width,
                        .heads = heads,
                        .window = variant.window,
                        .shift = 0,
                        .dropout = options.dropout,
                        .attention_dropout = options.attention_dropout},
          .mlp = {.width = width,
                  .hidden = static_cast<int64_t>(static_cast<double>(width) * options.mlp_ratio),
                  .dropout = options.dropout},
          .drop_rate = 0};
}

}  // namespace

Swin::Swin(const SwinVariant& variant, const SwinOptions& options)
    : Classifier(std::string(variant.name)) {
  int64_t width = variant.width, heads = variant.heads;
  features = register_module("features", Chain());
  features->push_back(Chain(MakeConv2d(Conv2dOptions(3, width, kPatch).stride(kPatch)),
                            Permute(kChannelsLast), MakeNorm(width, kEps)));
  const int last = std::accumulate(variant.depths.begin(), variant.depths.end(), -1);
  int made = 0;
  for (const int depth : variant.depths) {
    if (made > 0) {
      features->push_back(std::make_shared<PatchMerging>(width, variant.v2));
      width *= 2;
      heads *= 2;
    }
    Chain stage;
    BlockShape shape = ShapeOf(variant, options, width, heads);
    for (int i = 0; i < depth; ++i) {
      shape.attention.shift = i % 2 == 0 ? 0 : variant.window / 2;
      shape.drop_rate = variant.stochastic_depth_prob * made++ / last;
      stage->push_back(std::make_shared<Block>(shape));
    }
    features->push_back(stage);
  }
  norm = register_module("norm", MakeNorm(width, kEps));
  head = register_module("head", MakeLinear({width, options.num_classes}));
}

at::Tensor Swin::ForwardFeatures(at::Tensor images) {
  const at::Tensor x = norm(features(images)).permute(kChannelsFirst);
  return at::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
}

at::Tensor Swin::forward(at::Tensor images) { return head(ForwardFeatures(images)); }

void Swin::AdjustInitialValues() {
  TruncNormalLinears(*this, kDeviation);
  ForEach<ShiftedWindowAttention>(
      *this, [](ShiftedWindowAttention& attention) { attention.AdjustInitialValues(); });
}

Result<std::shared_ptr<Classifier>> MakeSwin(const SwinVariant& variant, const Json::Object& json) {
  SwinOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("mlp_ratio", options.mlp_ratio, 0.1, 100);
  reader.Read("dropout", options.dropout, 0, 1);
  reader.Read("attention_dropout", options.attention_dropout, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<Swin>(variant, options));
}

}  // namespace zoo::models
