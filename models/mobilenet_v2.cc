#include "zoo/models/mobilenet_v2.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/relu6.h>
#include <fmt/format.h>
#include <torch/nn/modules/dropout.h>

#include <algorithm>
#include <string>
#include <vector>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

constexpr double kStem = 32, kLast = 1280;
// Options come from registries too: more than this is work for nothing.
constexpr int64_t kMaxBlocks = 1000, kMaxChannels = 65536;
constexpr Column kColumns[] = {
    {"expand", 1, 64}, {"channels", 1, kMaxChannels}, {"repeats", 1, 100}, {"stride", 1, 2}};

class InvertedResidual : public torch::nn::Module {
 public:
  InvertedResidual(int64_t in, int64_t out, int64_t stride, int64_t expand)
      : residual_(stride == 1 && in == out) {
    const int64_t middle = in * expand;
    conv = register_module("conv", Chain());
    if (expand != 1) {
      conv->push_back(
          ConvNormActivation({.in = in, .out = middle, .kernel = 1, .activation = at::relu6_}));
    }
    conv->push_back(ConvNormActivation({.in = middle,
                                        .out = middle,
                                        .stride = stride,
                                        .groups = middle,
                                        .activation = at::relu6_}));
    conv->push_back(MakeConv2d(torch::nn::Conv2dOptions(middle, out, 1).bias(false)));
    conv->push_back(MakeBatchNorm2d(out));
  }

  at::Tensor forward(at::Tensor x) { return residual_ ? conv(x) + x : conv(x); }

  Chain conv{nullptr};

 private:
  bool residual_;
};

// The channels that a number of them in the table stands for.
int64_t ScaledChannels(int64_t channels, const MobileNetV2Options& options) {
  return RoundChannels(static_cast<double>(channels) * options.width_mult, options.round_nearest);
}

// Each row is in its range by now; this is what they come to.
void CheckTotals(const MobileNetV2Options& options, OptionReader& reader) {
  int64_t blocks = 0, channels = 0;
  for (const MobileNetV2Stage& stage : options.inverted_residual_setting) {
    blocks += stage.repeats;
    channels = std::max(channels, ScaledChannels(stage.channels, options));
  }
  if (blocks > kMaxBlocks) {
    reader.Fail(fmt::format("inverted_residual_setting has {} repeats in all, more than {}", blocks,
                            kMaxBlocks));
  }
  if (channels > kMaxChannels) {
    reader.Fail(
        fmt::format("inverted_residual_setting times width_mult has {} channels, more than {}",
                    channels, kMaxChannels));
  }
}

}  // namespace

MobileNetV2::MobileNetV2(const MobileNetV2Variant& variant, const MobileNetV2Options& options)
    : Classifier(std::string(variant.name)) {
  int64_t in = RoundChannels(kStem * options.width_mult, options.round_nearest);
  const int64_t last =
      RoundChannels(kLast * std::max(1.0, options.width_mult), options.round_nearest);
  features = register_module("features", Chain());
  features->push_back(
      ConvNormActivation({.in = 3, .out = in, .stride = 2, .activation = at::relu6_}));
  for (const MobileNetV2Stage& stage : options.inverted_residual_setting) {
    const int64_t out = ScaledChannels(stage.channels, options);
    for (int64_t i = 0; i < stage.repeats; ++i) {
      const int64_t stride = i == 0 ? stage.stride : 1;
      features->push_back(std::make_shared<InvertedResidual>(in, out, stride, stage.expand));
      in = out;
    }
  }
  features->push_back(
      ConvNormActivation({.in = in, .out = last, .kernel = 1, .activation = at::relu6_}));
  classifier = register_module("classifier", Chain(torch::nn::Dropout(options.dropout),
                                                   MakeLinear({last, options.num_classes})));
}

at::Tensor MobileNetV2::ForwardFeatures(at::Tensor images) {
  return at::adaptive_avg_pool2d(features(images), {1, 1}).flatten(1);
}

at::Tensor MobileNetV2::forward(at::Tensor images) { return classifier(ForwardFeatures(images)); }

void MobileNetV2::AdjustInitialValues() {
  KaimingConvs(*this);
  NormalLinears(*this, 0.01);
}

Result<std::shared_ptr<Classifier>> MakeMobileNetV2(const MobileNetV2Variant& variant,
                                                    const Json::Object& json) {
  MobileNetV2Options options;
  std::vector<std::vector<int64_t>> stages;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("width_mult", options.width_mult, 0.01, 100);
  reader.Read("inverted_residual_setting", stages, kColumns);
  reader.Read("round_nearest", options.round_nearest, 1, 1024);
  reader.Read("dropout", options.dropout, 0, 1);
  if (!stages.empty()) options.inverted_residual_setting.clear();
  for (const auto& row : stages) {
    options.inverted_residual_setting.push_back({row[0], row[1], row[2], row[3]});
  }
  CheckTotals(options, reader);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<MobileNetV2>(variant, options));
}

}  // namespace zoo::models
