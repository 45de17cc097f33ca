#include "zoo/models/mobilenet_v3.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/hardsigmoid.h>
#include <ATen/ops/hardswish.h>
#include <torch/nn/modules/container/functional.h>
#include <torch/nn/modules/dropout.h>

#include <string>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

constexpr NormOptions kNorm = {.eps = 1e-3, .momentum = 0.01};
constexpr int64_t kStem = 16;
constexpr size_t kTail = 3;  // blocks that reduced_tail and dilated change

at::Tensor Hardswish(at::Tensor x) { return at::hardswish_(x); }

// One block with all options applied.
struct BlockShape {
  int64_t in, kernel, middle, out;
  bool squeeze;
  Activation activation;
  int64_t stride, dilation;
};

class InvertedResidual : public torch::nn::Module {
 public:
  explicit InvertedResidual(const BlockShape& shape)
      : residual_(shape.stride == 1 && shape.in == shape.out) {
    block = register_module("block", Chain());
    if (shape.middle != shape.in) {
      block->push_back(ConvNormActivation({.in = shape.in,
                                           .out = shape.middle,
                                           .kernel = 1,
                                           .norm = kNorm,
                                           .activation = shape.activation}));
    }
    block->push_back(ConvNormActivation({.in = shape.middle,
                                         .out = shape.middle,
                                         .kernel = shape.kernel,
                                         .stride = shape.dilation > 1 ? 1 : shape.stride,
                                         .groups = shape.middle,
                                         .dilation = shape.dilation,
                                         .norm = kNorm,
                                         .activation = shape.activation}));
    if (shape.squeeze) {
      block->push_back(
          SqueezeExcitation({.channels = shape.middle,
                             .squeezed = RoundChannels(static_cast<double>(shape.middle / 4)),
                             .scale = at::hardsigmoid_}));
    }
    block->push_back(ConvNormActivation(
        {.in = shape.middle, .out = shape.out, .kernel = 1, .norm = kNorm, .activation = nullptr}));
  }

  at::Tensor forward(at::Tensor x) {
    at::Tensor out = block(x);
    if (residual_) out += x;
    return out;
  }

  Chain block{nullptr};

 private:
  bool residual_;
};

// Channels after the options; `tail` where reduced_tail counts.
int64_t Scale(int64_t channels, bool tail, const MobileNetV3Options& options) {
  if (tail && options.reduced_tail) channels /= 2;
  return RoundChannels(static_cast<double>(channels) * options.width_mult);
}

BlockShape ShapeOf(const MobileNetV3Variant& variant, size_t index, int64_t in,
                   const MobileNetV3Options& options) {
  const MobileNetV3Block& block = variant.blocks[index];
  const size_t left = variant.blocks.size() - index;
  return {.in = in,
          .kernel = block.kernel,
          .middle = Scale(block.middle, /*tail=*/left < kTail, options),
          .out = Scale(block.out, /*tail=*/left <= kTail, options),
          .squeeze = block.squeeze,
          .activation = block.hardswish ? Activation{at::hardswish_} : Activation{at::relu_},
          .stride = block.stride,
          .dilation = options.dilated && left <= kTail ? 2 : 1};
}

}  // namespace

MobileNetV3::MobileNetV3(const MobileNetV3Variant& variant, const MobileNetV3Options& options)
    : Classifier(std::string(variant.name)) {
  int64_t in = Scale(kStem, /*tail=*/false, options);
  features = register_module("features", Chain());
  features->push_back(ConvNormActivation(
      {.in = 3, .out = in, .stride = 2, .norm = kNorm, .activation = at::hardswish_}));
  for (size_t i = 0; i < variant.blocks.size(); ++i) {
    const BlockShape shape = ShapeOf(variant, i, in, options);
    features->push_back(std::make_shared<InvertedResidual>(shape));
    in = shape.out;
  }
  features->push_back(ConvNormActivation(
      {.in = in, .out = 6 * in, .kernel = 1, .norm = kNorm, .activation = at::hardswish_}));
  const int64_t last = Scale(variant.last, /*tail=*/true, options);
  classifier = register_module(
      "classifier",
      Chain(MakeLinear({6 * in, last}), torch::nn::Functional(Hardswish),
            torch::nn::Dropout(options.dropout), MakeLinear({last, options.num_classes})));
}

at::Tensor MobileNetV3::ForwardFeatures(at::Tensor images) {
  const at::Tensor x = at::adaptive_avg_pool2d(features(images), {1, 1}).flatten(1);
  return classifier->Run(x, 0, classifier->size() - 2);
}

at::Tensor MobileNetV3::forward(at::Tensor images) {
  return classifier->Run(ForwardFeatures(images), classifier->size() - 2, classifier->size());
}

void MobileNetV3::AdjustInitialValues() {
  KaimingConvs(*this);
  NormalLinears(*this, 0.01);
}

Result<std::shared_ptr<Classifier>> MakeMobileNetV3(const MobileNetV3Variant& variant,
                                                    const Json::Object& json) {
  MobileNetV3Options options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("width_mult", options.width_mult, 0.01, 100);
  reader.Read("reduced_tail", options.reduced_tail);
  reader.Read("dilated", options.dilated);
  reader.Read("dropout", options.dropout, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<MobileNetV3>(variant, options));
}

}  // namespace zoo::models
