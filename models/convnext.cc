#include "zoo/models/convnext.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <numeric>
#include <string>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"
#include "zoo/models/transformer_blocks.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;

constexpr double kEps = 1e-6;
constexpr double kDeviation = 0.02;  // of initial weights

// A 7x7 depthwise convolution and a perceptron at each place, whose sum with the input is weighted
// per channel.
class Block : public torch::nn::Module {
 public:
  Block(int64_t width, double drop_rate) {
    layer_scale = register_parameter("layer_scale", Ghost({width, 1, 1}));
    block = register_module(
        "block",
        Chain(MakeConv2d(Conv2dOptions(width, width, 7).padding(3).groups(width)),
              Permute(kChannelsLast), MakeNorm(width, kEps), MakeLinear({width, 4 * width}),
              torch::nn::GELU(), MakeLinear({4 * width, width}), Permute(kChannelsFirst)));
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(drop_rate));
  }

  at::Tensor forward(at::Tensor x) { return stochastic_depth(layer_scale * block(x)).add_(x); }

  at::Tensor layer_scale;
  Chain block{nullptr};
  StochasticDepth stochastic_depth{nullptr};
};

}  // namespace

ConvNext::ConvNext(const ConvNextVariant& variant, const ConvNextOptions& options)
    : Classifier(std::string(variant.name)), layer_scale_(options.layer_scale) {
  int64_t width = variant.width;
  features = register_module("features", Chain());
  features->push_back(
      Chain(MakeConv2d(Conv2dOptions(3, width, 4).stride(4)), LayerNorm2d(width, kEps)));
  const int last = std::accumulate(variant.depths.begin(), variant.depths.end(), -1);
  int made = 0;
  for (const int depth : variant.depths) {
    if (made > 0) {
      features->push_back(Chain(LayerNorm2d(width, kEps),
                                MakeConv2d(Conv2dOptions(width, 2 * width, 2).stride(2))));
      width *= 2;
    }
    Chain stage;
    for (int i = 0; i < depth; ++i) {
      stage->push_back(
          std::make_shared<Block>(width, options.stochastic_depth_prob * made++ / last));
    }
    features->push_back(stage);
  }
  classifier = register_module("classifier", Chain(LayerNorm2d(width, kEps), torch::nn::Flatten(),
                                                   MakeLinear({width, options.num_classes})));
}

at::Tensor ConvNext::ForwardFeatures(at::Tensor images) {
  return classifier->Run(at::adaptive_avg_pool2d(features(images), {1, 1}), 0, 2);
}

at::Tensor ConvNext::forward(at::Tensor images) {
  return classifier->Run(ForwardFeatures(images), 2, 3);
}

void ConvNext::AdjustInitialValues() {
  TruncNormalConvs(*this, kDeviation);
  TruncNormalLinears(*this, kDeviation);
  ForEach<Block>(
      *this, [&](Block& block) { torch::nn::init::constant_(block.layer_scale, layer_scale_); });
}

Result<std::shared_ptr<Classifier>> MakeConvNext(const ConvNextVariant& variant,
                                                 const Json::Object& json) {
  ConvNextOptions options(variant);
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("stochastic_depth_prob", options.stochastic_depth_prob, 0, 1);
  reader.Read("layer_scale", options.layer_scale, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<ConvNext>(variant, options));
}

}  // namespace zoo::models
