#include "zoo/models/efficientnet_lite.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/relu6.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "zoo/models/layers.h"

namespace zoo::models {
namespace {

struct Stage {
  int64_t repeats, kernel, stride, expand, in, out;
};

// clang-format off
constexpr std::array<Stage, 7> kStages = {{
    {.repeats = 1, .kernel = 3, .stride = 1, .expand = 1, .in = 32,  .out = 16},
    {.repeats = 2, .kernel = 3, .stride = 2, .expand = 6, .in = 16,  .out = 24},
    {.repeats = 2, .kernel = 5, .stride = 2, .expand = 6, .in = 24,  .out = 40},
    {.repeats = 3, .kernel = 3, .stride = 2, .expand = 6, .in = 40,  .out = 80},
    {.repeats = 3, .kernel = 5, .stride = 1, .expand = 6, .in = 80,  .out = 112},
    {.repeats = 4, .kernel = 5, .stride = 2, .expand = 6, .in = 112, .out = 192},
    {.repeats = 1, .kernel = 3, .stride = 1, .expand = 6, .in = 192, .out = 320},
}};
// clang-format on

constexpr int64_t kStem = 32, kHead = 1280;
constexpr double kMaxDropRate = 0.2;

int64_t ScaleRepeats(size_t stage, double depth) {
  const int64_t repeats = kStages[stage].repeats;
  if (stage == 0 || stage + 1 == kStages.size()) return repeats;
  return static_cast<int64_t>(std::ceil(depth * static_cast<double>(repeats)));
}

int64_t OutputSize(int64_t size, int64_t stride) { return (size + stride - 1) / stride; }

SameConv2d MakeSameConv2d(torch::nn::Conv2dOptions options, int64_t size) {
  const int64_t kernel = options.kernel_size()->at(0), stride = options.stride()->at(0);
  const int64_t total =
      std::max<int64_t>((OutputSize(size, stride) - 1) * stride + kernel - size, 0);
  SameConv2d same{.before = total / 2, .after = total - total / 2};
  if (same.before == same.after) {
    options.padding(same.before);
    same.before = same.after = 0;
  }
  same.conv = MakeConv2d(options.bias(false));
  return same;
}

at::Tensor Relu6(at::Tensor x) { return at::relu6_(x); }

torch::nn::BatchNorm2d MakeNorm(int64_t channels) {
  return MakeNorm2d(channels, {.eps = 1e-3, .momentum = 0.01});
}

// The blocks in order, each for its own input size.
std::vector<MBConvShape> MakeShapes(const EfficientNetLiteVariant& variant) {
  std::vector<MBConvShape> shapes;
  int64_t channels = kStem, size = OutputSize(variant.size, 2);
  for (size_t i = 0; i < kStages.size(); ++i) {
    const Stage& stage = kStages[i];
    const int64_t out = RoundChannels(static_cast<double>(stage.out) * variant.width);
    for (int64_t repeat = 0; repeat < ScaleRepeats(i, variant.depth); ++repeat) {
      const int64_t stride = repeat == 0 ? stage.stride : 1;
      shapes.push_back({channels, out, stage.kernel, stride, stage.expand, size});
      channels = out;
      size = OutputSize(size, stride);
    }
  }
  for (size_t i = 0; i < shapes.size(); ++i) {
    shapes[i].drop_rate =
        kMaxDropRate * static_cast<double>(i) / static_cast<double>(shapes.size());
  }
  return shapes;
}

}  // namespace

at::Tensor SameConv2d::operator()(const at::Tensor& x) const {
  // Through a copy of the holder: its call operator is not const.
  torch::nn::Conv2d layer = conv;
  if (before == after) return layer(x);
  return layer(at::constant_pad_nd(x, {before, after, before, after}));
}

MBConvBlock::MBConvBlock(const MBConvShape& shape)
    : residual_(shape.stride == 1 && shape.in == shape.out) {
  using Options = torch::nn::Conv2dOptions;
  const int64_t middle = shape.in * shape.expand;
  if (shape.expand != 1) {
    expand_conv = MakeSameConv2d(Options(shape.in, middle, 1), shape.size);
    register_module("_expand_conv", expand_conv.conv);
    bn0 = register_module("_bn0", MakeNorm(middle));
  }
  depthwise_conv = MakeSameConv2d(
      Options(middle, middle, shape.kernel).stride(shape.stride).groups(middle), shape.size);
  register_module("_depthwise_conv", depthwise_conv.conv);
  bn1 = register_module("_bn1", MakeNorm(middle));
  project_conv = MakeSameConv2d(Options(middle, shape.out, 1), shape.size);
  register_module("_project_conv", project_conv.conv);
  bn2 = register_module("_bn2", MakeNorm(shape.out));
  stochastic_depth = register_module("_stochastic_depth", StochasticDepth(shape.drop_rate));
}

at::Tensor MBConvBlock::forward(at::Tensor x) {
  at::Tensor out = x;
  if (bn0) out = Relu6(bn0(expand_conv(out)));
  out = Relu6(bn1(depthwise_conv(out)));
  out = bn2(project_conv(out));
  if (!residual_) return out;
  return stochastic_depth(out) + x;
}

EfficientNetLite::EfficientNetLite(const EfficientNetLiteVariant& variant,
                                   const EfficientNetLiteOptions& options)
    : Classifier(std::string(variant.name)), dropout_(variant.dropout) {
  using Options = torch::nn::Conv2dOptions;
  conv_stem = MakeSameConv2d(Options(3, kStem, 3).stride(2), variant.size);
  register_module("_conv_stem", conv_stem.conv);
  bn0 = register_module("_bn0", MakeNorm(kStem));
  blocks = register_module("_blocks", torch::nn::Sequential());
  const std::vector<MBConvShape> shapes = MakeShapes(variant);
  for (const MBConvShape& shape : shapes) blocks->push_back(std::make_shared<MBConvBlock>(shape));
  conv_head = MakeSameConv2d(Options(shapes.back().out, kHead, 1), shapes.back().size);
  register_module("_conv_head", conv_head.conv);
  bn1 = register_module("_bn1", MakeNorm(kHead));
  fc = register_module("_fc", MakeLinear({kHead, options.num_classes}));
}

at::Tensor EfficientNetLite::ForwardFeatures(at::Tensor images) {
  at::Tensor x = Relu6(bn0(conv_stem(images)));
  x = blocks->forward(x);
  x = Relu6(bn1(conv_head(x)));
  return x.mean({2, 3});
}

at::Tensor EfficientNetLite::forward(at::Tensor images) {
  return fc(at::dropout(ForwardFeatures(images), dropout_, is_training()));
}

}  // namespace zoo::models
