#include "zoo/models/efficientnet.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/silu.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

struct BlockShape {
  EfficientNetStage stage;  // scaled, for this one block
  NormOptions norm;
  double drop_rate;
};

// MBConv and FusedMBConv: an inverted residual whose branch is dropped now and then in training.
class Block : public torch::nn::Module {
 public:
  explicit Block(const BlockShape& shape)
      : residual_(shape.stage.stride == 1 && shape.stage.in == shape.stage.out) {
    block = register_module("block", Chain());
    const int64_t middle = RoundChannels(static_cast<double>(shape.stage.in * shape.stage.expand));
    shape.stage.fused ? AddFused(shape, middle) : AddSeparate(shape, middle);
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(shape.drop_rate));
  }

  at::Tensor forward(at::Tensor x) {
    at::Tensor out = block(x);
    if (!residual_) return out;
    out = stochastic_depth(out);
    return out += x;
  }

  Chain block{nullptr};
  StochasticDepth stochastic_depth{nullptr};

 private:
  void AddFused(const BlockShape& shape, int64_t middle) {
    const EfficientNetStage& stage = shape.stage;
    const bool expands = middle != stage.in;
    block->push_back(ConvNormActivation({.in = stage.in,
                                         .out = expands ? middle : stage.out,
                                         .kernel = stage.kernel,
                                         .stride = stage.stride,
                                         .norm = shape.norm,
                                         .activation = at::silu_}));
    if (expands) AddProjection(shape, middle);
  }

  void AddSeparate(const BlockShape& shape, int64_t middle) {
    const EfficientNetStage& stage = shape.stage;
    if (middle != stage.in) {
      block->push_back(ConvNormActivation({.in = stage.in,
                                           .out = middle,
                                           .kernel = 1,
                                           .norm = shape.norm,
                                           .activation = at::silu_}));
    }
    block->push_back(ConvNormActivation({.in = middle,
                                         .out = middle,
                                         .kernel = stage.kernel,
                                         .stride = stage.stride,
                                         .groups = middle,
                                         .norm = shape.norm,
                                         .activation = at::silu_}));
    block->push_back(SqueezeExcitation({.channels = middle,
                                        .squeezed = std::max<int64_t>(1, stage.in / 4),
                                        .activation = at::silu_}));
    AddProjection(shape, middle);
  }

  void AddProjection(const BlockShape& shape, int64_t middle) {
    block->push_back(ConvNormActivation({.in = middle,
                                         .out = shape.stage.out,
                                         .kernel = 1,
                                         .norm = shape.norm,
                                         .activation = nullptr}));
  }

  bool residual_;
};

std::vector<EfficientNetStage> Scale(const EfficientNetVariant& variant) {
  std::vector<EfficientNetStage> stages(variant.stages.begin(), variant.stages.end());
  for (EfficientNetStage& stage : stages) {
    stage.in = RoundChannels(static_cast<double>(stage.in) * variant.width);
    stage.out = RoundChannels(static_cast<double>(stage.out) * variant.width);
    stage.repeats =
        static_cast<int64_t>(std::ceil(static_cast<double>(stage.repeats) * variant.depth));
  }
  return stages;
}

// The stages of blocks, each block with the rate of its place.
std::vector<Chain> MakeStages(const std::vector<EfficientNetStage>& stages, const NormOptions& norm,
                              double last_rate) {
  int64_t total = 0, made = 0;
  for (const EfficientNetStage& stage : stages) total += stage.repeats;
  std::vector<Chain> chains(stages.size());
  for (size_t i = 0; i < stages.size(); ++i) {
    EfficientNetStage stage = stages[i];
    for (int64_t repeat = 0; repeat < stage.repeats; ++repeat) {
      const double rate = last_rate * static_cast<double>(made++) / static_cast<double>(total);
      chains[i]->push_back(
          std::make_shared<Block>(BlockShape{.stage = stage, .norm = norm, .drop_rate = rate}));
      stage.in = stage.out;
      stage.stride = 1;
    }
  }
  return chains;
}

}  // namespace

EfficientNet::EfficientNet(const EfficientNetVariant& variant, const EfficientNetOptions& options)
    : Classifier(std::string(variant.name)) {
  const std::vector<EfficientNetStage> stages = Scale(variant);
  const int64_t out = stages.back().out, last = variant.last != 0 ? variant.last : 4 * out;
  features = register_module("features", Chain());
  features->push_back(ConvNormActivation({.in = 3,
                                          .out = stages.front().in,
                                          .stride = 2,
                                          .norm = variant.norm,
                                          .activation = at::silu_}));
  for (const Chain& stage : MakeStages(stages, variant.norm, options.stochastic_depth_prob)) {
    features->push_back(stage);
  }
  features->push_back(ConvNormActivation(
      {.in = out, .out = last, .kernel = 1, .norm = variant.norm, .activation = at::silu_}));
  classifier = register_module("classifier", Chain(torch::nn::Dropout(options.dropout),
                                                   MakeLinear({last, options.num_classes})));
}

at::Tensor EfficientNet::ForwardFeatures(at::Tensor images) {
  return at::adaptive_avg_pool2d(features(images), {1, 1}).flatten(1);
}

at::Tensor EfficientNet::forward(at::Tensor images) { return classifier(ForwardFeatures(images)); }

void EfficientNet::AdjustInitialValues() {
  KaimingConvs(*this);
  ForEach<torch::nn::Linear>(*this, [](torch::nn::LinearImpl& linear) {
    const double bound = 1 / std::sqrt(static_cast<double>(linear.options.out_features()));
    torch::nn::init::uniform_(linear.weight, -bound, bound);
    torch::nn::init::zeros_(linear.bias);
  });
}

Result<std::shared_ptr<Classifier>> MakeEfficientNet(const EfficientNetVariant& variant,
                                                     const Json::Object& json) {
  EfficientNetOptions options(variant);
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("dropout", options.dropout, 0, 1);
  reader.Read("stochastic_depth_prob", options.stochastic_depth_prob, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<EfficientNet>(variant, options));
}

}  // namespace zoo::models
