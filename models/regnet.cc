#include "zoo/models/regnet.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <fmt/format.h>
#include <torch/nn/init.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

constexpr double kWidthStep = 8, kSqueezed = 0.25;

struct Stage {
  int64_t width, group_width;
  int depth;
};

// The rule of the paper's section 3.2: widths on a line, each moved to the nearest of
// w_0 * w_m^0, w_0 * w_m^1, ... and then to a multiple of 8; equal ones make a stage, whose width
// is a multiple of its group's.
std::vector<Stage> Stages(const RegNetVariant& variant) {
  std::vector<Stage> stages;
  double last = 0;
  for (int i = 0; i < variant.depth; ++i) {
    const double linear = variant.w_0 + variant.w_a * i;
    const double step = std::nearbyint(std::log(linear / variant.w_0) / std::log(variant.w_m));
    const double exact = variant.w_0 * std::pow(variant.w_m, step);
    const double width = std::nearbyint(exact / kWidthStep) * kWidthStep;
    if (stages.empty() || width != last) {
      const int64_t group_width = std::min(variant.group_width, static_cast<int64_t>(width));
      stages.push_back({.width = RoundChannels(width, group_width), .group_width = group_width});
    }
    ++stages.back().depth;
    last = width;
  }
  return stages;
}

struct BlockShape {
  int64_t in, out, stride, group_width;
  bool squeeze;
};

// 1x1 "a", 3x3 in groups "b", squeeze-and-excitation "se", 1x1 "c".
Chain MakeTransform(const BlockShape& shape) {
  Chain f;
  f->push_back("a", ConvNormActivation({.in = shape.in, .out = shape.out, .kernel = 1}));
  f->push_back("b", ConvNormActivation({.in = shape.out,
                                        .out = shape.out,
                                        .stride = shape.stride,
                                        .groups = shape.out / shape.group_width}));
  if (shape.squeeze) {
    const auto squeezed =
        static_cast<int64_t>(std::nearbyint(kSqueezed * static_cast<double>(shape.in)));
    f->push_back("se", SqueezeExcitation({.channels = shape.out, .squeezed = squeezed}));
  }
  f->push_back("c", ConvNormActivation(
                        {.in = shape.out, .out = shape.out, .kernel = 1, .activation = nullptr}));
  return f;
}

class ResBottleneckBlock : public torch::nn::Module {
 public:
  explicit ResBottleneckBlock(const BlockShape& shape) {
    if (shape.in != shape.out || shape.stride != 1) {
      proj = register_module("proj", ConvNormActivation({.in = shape.in,
                                                         .out = shape.out,
                                                         .kernel = 1,
                                                         .stride = shape.stride,
                                                         .activation = nullptr}));
    }
    f = register_module("f", MakeTransform(shape));
  }

  at::Tensor forward(at::Tensor x) { return ((proj ? proj(x) : x) + f(x)).relu_(); }

  ConvNormActivation proj{nullptr};  // empty where the shape stays
  Chain f{nullptr};
};

}  // namespace

RegNet::RegNet(const RegNetVariant& variant, const RegNetOptions& options)
    : Classifier(std::string(variant.name)) {
  int64_t in = options.stem_width;
  stem = register_module("stem", ConvNormActivation({.in = 3, .out = in, .stride = 2}));
  trunk_output = register_module("trunk_output", Chain());
  const std::vector<Stage> stages = Stages(variant);
  for (size_t i = 0; i < stages.size(); ++i) {
    const Stage& stage = stages[i];
    Chain blocks;
    for (int j = 0; j < stage.depth; ++j) {
      const BlockShape shape = {.in = in,
                                .out = stage.width,
                                .stride = j == 0 ? 2 : 1,
                                .group_width = stage.group_width,
                                .squeeze = variant.squeeze};
      blocks->push_back(fmt::format("block{}-{}", i + 1, j),
                        std::make_shared<ResBottleneckBlock>(shape));
      in = stage.width;
    }
    trunk_output->push_back(fmt::format("block{}", i + 1), blocks);
  }
  fc = register_module("fc", MakeLinear({in, options.num_classes}));
}

at::Tensor RegNet::ForwardFeatures(at::Tensor images) {
  const at::Tensor x = trunk_output(stem(images));
  return at::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
}

at::Tensor RegNet::forward(at::Tensor images) { return fc(ForwardFeatures(images)); }

void RegNet::AdjustInitialValues() {
  ForEach<torch::nn::Conv2d>(*this, [](torch::nn::Conv2dImpl& conv) {
    torch::nn::init::kaiming_normal_(conv.weight, 0, torch::kFanOut, torch::kReLU);
  });
  NormalLinears(*this, 0.01);
}

Result<std::shared_ptr<Classifier>> MakeRegNet(const RegNetVariant& variant,
                                               const Json::Object& json) {
  RegNetOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("stem_width", options.stem_width, 1, 65536);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<RegNet>(variant, options));
}

}  // namespace zoo::models
