#include "zoo/models/squeezenet.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/pooling.h>

#include <algorithm>
#include <string>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;

struct FireShape {
  int64_t squeeze, expand;  // channels; of each of the two expansions
};

constexpr FireShape kFires[] = {{16, 64},  {16, 64},  {32, 128}, {32, 128},
                                {48, 192}, {48, 192}, {64, 256}, {64, 256}};

// 1x1 to few channels, then 1x1 and 3x3 side by side.
class Fire : public torch::nn::Module {
 public:
  Fire(int64_t in, const FireShape& shape) {
    squeeze = register_module("squeeze", MakeConv2d(Conv2dOptions(in, shape.squeeze, 1)));
    expand1x1 =
        register_module("expand1x1", MakeConv2d(Conv2dOptions(shape.squeeze, shape.expand, 1)));
    expand3x3 = register_module(
        "expand3x3", MakeConv2d(Conv2dOptions(shape.squeeze, shape.expand, 3).padding(1)));
  }

  at::Tensor forward(at::Tensor x) {
    x = squeeze(x).relu_();
    return at::cat({expand1x1(x).relu_(), expand3x3(x).relu_()}, 1);
  }

  torch::nn::Conv2d squeeze{nullptr}, expand1x1{nullptr}, expand3x3{nullptr};
};

Chain MakeFeatures(const SqueezeNetVariant& variant) {
  Chain features(MakeConv2d(Conv2dOptions(3, variant.channels, variant.kernel).stride(2)), Relu());
  int64_t in = variant.channels;
  for (int i = 0; i < static_cast<int>(std::size(kFires)); ++i) {
    if (std::count(variant.pools.begin(), variant.pools.end(), i) > 0) {
      features->push_back(
          torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2).ceil_mode(true)));
    }
    features->push_back(std::make_shared<Fire>(in, kFires[i]));
    in = 2 * kFires[i].expand;
  }
  return features;
}

}  // namespace

SqueezeNet::SqueezeNet(const SqueezeNetVariant& variant, const SqueezeNetOptions& options)
    : Classifier(std::string(variant.name)) {
  features = register_module("features", MakeFeatures(variant));
  classifier = register_module(
      "classifier",
      Chain(torch::nn::Dropout(options.dropout),
            MakeConv2d(Conv2dOptions(512, options.num_classes, 1)), Relu(),
            torch::nn::AdaptiveAvgPool2d(torch::nn::AdaptiveAvgPool2dOptions({1, 1}))));
}

at::Tensor SqueezeNet::ForwardFeatures(at::Tensor images) {
  return at::adaptive_avg_pool2d(features(images), {1, 1}).flatten(1);
}

at::Tensor SqueezeNet::forward(at::Tensor images) {
  return classifier(features(images)).flatten(1);
}

void SqueezeNet::AdjustInitialValues() {
  ForEach<torch::nn::Conv2d>(*this, [](torch::nn::Conv2dImpl& conv) {
    torch::nn::init::kaiming_uniform_(conv.weight);
    torch::nn::init::zeros_(conv.bias);
  });
  ForEach<torch::nn::Conv2d>(*classifier, [](torch::nn::Conv2dImpl& conv) {
    torch::nn::init::normal_(conv.weight, 0, 0.01);
  });
}

Result<std::shared_ptr<Classifier>> MakeSqueezeNet(const SqueezeNetVariant& variant,
                                                   const Json::Object& json) {
  SqueezeNetOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("dropout", options.dropout, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<SqueezeNet>(variant, options));
}

}  // namespace zoo::models
