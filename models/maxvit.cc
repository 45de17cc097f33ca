#include "zoo/models/maxvit.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"
#include "zoo/models/transformer_blocks.h"
#include "zoo/models/window_attention.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;

constexpr NormOptions kNorm = {.eps = 1e-3, .momentum = 0.01};  // of the convolutions
constexpr double kEps = 1e-5;                                   // of the other norms
constexpr double kDeviation = 0.02;                             // of initial weights
constexpr int64_t kMaxInputSize = 8192;

at::Tensor& Gelu(at::Tensor& x) { return x = at::gelu(x); }

// The side of a map behind a 3x3 layer of stride 2.
int64_t Half(int64_t side) { return (side - 1) / 2 + 1; }

struct LayerShape {
  int64_t in, out, stride;
  int64_t side;  // of the map that comes out
  int64_t head, partition;
  double drop_rate;
};

class MbConv : public torch::nn::Module {
 public:
  MbConv(const LayerShape& shape, const MaxVitOptions& options) {
    if (shape.stride != 1 || shape.in != shape.out) {
      proj = register_module("proj", Chain());
      if (shape.stride == 2) {
        proj->push_back(torch::nn::AvgPool2d(torch::nn::AvgPool2dOptions(3).stride(2).padding(1)));
      }
      proj->push_back(MakeConv2d(Conv2dOptions(shape.in, shape.out, 1)));
    }
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(shape.drop_rate));
    layers = register_module("layers", MakeLayers(shape, options));
  }

  at::Tensor forward(at::Tensor x) {
    const at::Tensor residual = proj ? proj(x) : x;
    return residual + stochastic_depth(layers(x));
  }

  Chain proj{nullptr};  // empty where the shape stays
  StochasticDepth stochastic_depth{nullptr};
  Chain layers{nullptr};

 private:
  static Chain MakeLayers(const LayerShape& shape, const MaxVitOptions& options) {
    const auto out = static_cast<double>(shape.out);
    const auto middle = static_cast<int64_t>(out * options.expansion_ratio);
    const auto squeezed = static_cast<int64_t>(out * options.squeeze_ratio);
    Chain layers;
    layers->push_back("pre_norm", MakeNorm2d(shape.in, kNorm));
    layers->push_back(
        "conv_a",
        ConvNormActivation(
            {.in = shape.in, .out = middle, .kernel = 1, .norm = kNorm, .activation = Gelu}));
    layers->push_back("conv_b", ConvNormActivation({.in = middle,
                                                    .out = middle,
                                                    .stride = shape.stride,
                                                    .groups = middle,
                                                    .norm = kNorm,
                                                    .activation = Gelu}));
    layers->push_back(
        "squeeze_excitation",
        SqueezeExcitation({.channels = middle, .squeezed = squeezed, .activation = at::silu_}));
    layers->push_back("conv_c", MakeConv2d(Conv2dOptions(middle, shape.out, 1)));
    return layers;
  }
};

// Attention among the places of each group, with relative positions: [N, groups, places, width].
class RelativeAttention : public torch::nn::Module {
 public:
  explicit RelativeAttention(const LayerShape& shape)
      : heads_(shape.out / shape.head), partition_(shape.partition) {
    const int64_t width = shape.out, span = 2 * partition_ - 1;
    relative_position_bias_table =
        register_parameter("relative_position_bias_table", Ghost({span * span, heads_}));
    relative_position_index =
        register_buffer("relative_position_index", RelativePositionIndex(partition_));
    to_qkv = register_module("to_qkv", MakeLinear({width, 3 * width}));
    merge = register_module("merge", MakeLinear({width, width}));
  }

  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor all = SplitHeads(to_qkv(x.flatten(0, 1)), heads_);
    const at::Tensor bias =
        RelativePositionBias(relative_position_bias_table, relative_position_index);
    // By the width of all heads, not of one.
    const double scale = 1 / std::sqrt(static_cast<double>(x.size(-1)));
    const at::Tensor seen =
        at::scaled_dot_product_attention(all[0], all[1], all[2], bias, /*dropout_p=*/0,
                                         /*is_causal=*/false, scale);
    return merge(JoinHeads(seen)).view(x.sizes());
  }

  void AdjustInitialValues() {
    TruncNormal(relative_position_bias_table, kDeviation);
    relative_position_index.copy_(RelativePositionIndex(partition_));
  }

  at::Tensor relative_position_bias_table, relative_position_index;
  torch::nn::Linear to_qkv{nullptr}, merge{nullptr};

 private:
  int64_t heads_, partition_;
};

enum class Grouping {
  kWindow,  // neighbours see each other
  kGrid,    // places that are equally far apart do
};

class PartitionAttention : public torch::nn::Module {
 public:
  PartitionAttention(const LayerShape& shape, const MaxVitOptions& options, Grouping grouping)
      : grouping_(grouping),
        window_(grouping == Grouping::kWindow ? shape.partition : shape.side / shape.partition) {
    const int64_t width = shape.out, hidden = width * options.mlp_ratio;
    attn_layer = register_module(
        "attn_layer", Chain(MakeNorm(width, kEps), std::make_shared<RelativeAttention>(shape),
                            torch::nn::Dropout(options.attention_dropout)));
    mlp_layer = register_module(
        "mlp_layer", Chain(MakeNorm(width, kEps), MakeLinear({width, hidden}), torch::nn::GELU(),
                           MakeLinear({hidden, width}), torch::nn::Dropout(options.mlp_dropout)));
    stochastic_dropout = register_module("stochastic_dropout", StochasticDepth(shape.drop_rate));
  }

  at::Tensor forward(const at::Tensor& map) {
    const at::Tensor windows = SplitWindows(map.permute(kChannelsLast), window_, window_);
    at::Tensor x = Swap(windows.flatten(1, 2));
    x = x + stochastic_dropout(attn_layer(x));
    x = x + stochastic_dropout(mlp_layer(x));
    return JoinWindows(Swap(x).reshape(windows.sizes()), window_, window_).permute(kChannelsFirst);
  }

  Chain attn_layer{nullptr}, mlp_layer{nullptr};
  StochasticDepth stochastic_dropout{nullptr};

 private:
  at::Tensor Swap(const at::Tensor& x) const {
    return grouping_ == Grouping::kGrid ? x.transpose(1, 2) : x;
  }

  Grouping grouping_;
  int64_t window_;  // side
};

// Python's modules that have one child, "layers".
class Layers : public torch::nn::Module {
 public:
  explicit Layers(Chain chain) { layers = register_module("layers", std::move(chain)); }
  at::Tensor forward(at::Tensor x) { return layers(std::move(x)); }

  Chain layers{nullptr};
};

std::shared_ptr<Layers> MakeLayer(const LayerShape& shape, const MaxVitOptions& options) {
  Chain chain;
  chain->push_back("MBconv", std::make_shared<MbConv>(shape, options));
  chain->push_back("window_attention",
                   std::make_shared<PartitionAttention>(shape, options, Grouping::kWindow));
  chain->push_back("grid_attention",
                   std::make_shared<PartitionAttention>(shape, options, Grouping::kGrid));
  return std::make_shared<Layers>(chain);
}

// True if the partition divides the sides of the maps of all blocks.
bool Fits(const MaxVitVariant& variant, int64_t input_size) {
  int64_t side = Half(input_size);
  for (size_t i = 0; i < variant.widths.size(); ++i) {
    side = Half(side);
    if (side % variant.partition != 0) return false;
  }
  return true;
}

}  // namespace

MaxVit::MaxVit(const MaxVitVariant& variant, const MaxVitOptions& options)
    : Classifier(std::string(variant.name)), input_size_(options.input_size) {
  stem = register_module(
      "stem",
      Chain(ConvNormActivation(
                {.in = 3, .out = variant.stem, .stride = 2, .norm = kNorm, .activation = Gelu}),
            Chain(MakeConv2d(Conv2dOptions(variant.stem, variant.stem, 3).padding(1)))));
  blocks = register_module("blocks", Chain());
  const int last = std::accumulate(variant.depths.begin(), variant.depths.end(), -1);
  int made = 0;
  LayerShape shape = {.in = variant.stem,
                      .side = Half(options.input_size),
                      .head = variant.head,
                      .partition = variant.partition};
  for (size_t i = 0; i < variant.depths.size(); ++i) {
    Chain layers;
    shape.out = variant.widths[i];
    shape.side = Half(shape.side);
    for (int j = 0; j < variant.depths[i]; ++j) {
      shape.stride = j == 0 ? 2 : 1;
      shape.drop_rate = variant.stochastic_depth_prob * made++ / last;
      layers->push_back(MakeLayer(shape, options));
      shape.in = shape.out;
    }
    blocks->push_back(std::make_shared<Layers>(layers));
  }
  const int64_t width = shape.out;
  const auto head = torch::nn::LinearOptions(width, options.num_classes).bias(false);
  classifier =
      register_module("classifier", Chain(torch::nn::AdaptiveAvgPool2d(1), torch::nn::Flatten(),
                                          MakeNorm(width, kEps), MakeLinear({width, width}),
                                          torch::nn::Tanh(), MakeLinear(head)));
}

at::Tensor MaxVit::ForwardFeatures(at::Tensor images) {
  TORCH_CHECK(images.dim() == 4 && images.size(2) == input_size_ && images.size(3) == input_size_,
              name(), ": images are ", images.sizes(), ", it takes [N, 3, ", input_size_, ", ",
              input_size_, "]; for another size make it with input_size");
  return classifier->Run(blocks(stem(images)), 0, classifier->size() - 1);
}

at::Tensor MaxVit::forward(at::Tensor images) {
  return classifier->Run(ForwardFeatures(images), classifier->size() - 1, classifier->size());
}

void MaxVit::AdjustInitialValues() {
  ForEach<torch::nn::Conv2d>(*this, [](torch::nn::Conv2dImpl& conv) {
    torch::nn::init::normal_(conv.weight, 0, kDeviation);
    if (conv.bias.defined()) torch::nn::init::zeros_(conv.bias);
  });
  NormalLinears(*this, kDeviation);
  ForEach<RelativeAttention>(*this,
                             [](RelativeAttention& attention) { attention.AdjustInitialValues(); });
}

Result<std::shared_ptr<Classifier>> MakeMaxVit(const MaxVitVariant& variant,
                                               const Json::Object& json) {
  MaxVitOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.ReadSquare("input_size", options.input_size, 1, kMaxInputSize);
  reader.Read("squeeze_ratio", options.squeeze_ratio, 0.05, 1);
  reader.Read("expansion_ratio", options.expansion_ratio, 0.1, 100);
  reader.Read("mlp_ratio", options.mlp_ratio, 1, 100);
  reader.Read("mlp_dropout", options.mlp_dropout, 0, 1);
  reader.Read("attention_dropout", options.attention_dropout, 0, 1);
  if (!Fits(variant, options.input_size)) {
    reader.Fail(
        fmt::format("input_size must leave maps that windows of {} divide, as 224 does, "
                    "not {}",
                    variant.partition, options.input_size));
  }
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<MaxVit>(variant, options));
}

}  // namespace zoo::models
