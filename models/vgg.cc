#include "zoo/models/vgg.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/pooling.h>

#include <string>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

using torch::nn::Dropout;

constexpr int64_t kChannels[] = {64, 128, 256, 512, 512};
constexpr int64_t kPooled = 7;  // height and width that the classifier takes

Chain MakeFeatures(const VggVariant& variant) {
  Chain features;
  int64_t in = 3;
  for (size_t stage = 0; stage < variant.depths.size(); ++stage) {
    const int64_t out = kChannels[stage];
    for (int i = 0; i < variant.depths[stage]; ++i) {
      features->push_back(MakeConv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1)));
      if (variant.norm) features->push_back(MakeBatchNorm2d(out));
      features->push_back(Relu());
      in = out;
    }
    features->push_back(torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(2).stride(2)));
  }
  return features;
}

}  // namespace

Vgg::Vgg(const VggVariant& variant, const VggOptions& options)
    : Classifier(std::string(variant.name)), init_weights_(options.init_weights) {
  features = register_module("features", MakeFeatures(variant));
  classifier = register_module(
      "classifier", Chain(MakeLinear({512 * kPooled * kPooled, 4096}), Relu(),
                          Dropout(options.dropout), MakeLinear({4096, 4096}), Relu(),
                          Dropout(options.dropout), MakeLinear({4096, options.num_classes})));
}

at::Tensor Vgg::ForwardFeatures(at::Tensor images) {
  at::Tensor x = features(images);
  x = at::adaptive_avg_pool2d(x, {kPooled, kPooled}).flatten(1);
  return classifier->Run(x, 0, classifier->size() - 2);
}

at::Tensor Vgg::forward(at::Tensor images) {
  return classifier->Run(ForwardFeatures(images), classifier->size() - 2, classifier->size());
}

void Vgg::AdjustInitialValues() {
  if (!init_weights_) return;
  KaimingConvs(*this);
  NormalLinears(*this, 0.01);
}

Result<std::shared_ptr<Classifier>> MakeVgg(const VggVariant& variant, const Json::Object& json) {
  VggOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("init_weights", options.init_weights);
  reader.Read("dropout", options.dropout, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<Vgg>(variant, options));
}

}  // namespace zoo::models
