#include "zoo/models/alexnet.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/pooling.h>

#include <string>

#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;
using torch::nn::Dropout;

constexpr int64_t kPooled = 6;  // height and width that the classifier takes

torch::nn::MaxPool2d Pool() {
  return torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2));
}

}  // namespace

AlexNet::AlexNet(const AlexNetVariant& variant, const AlexNetOptions& options)
    : Classifier(std::string(variant.name)) {
  features = register_module(
      "features", Chain(MakeConv2d(Conv2dOptions(3, 64, 11).stride(4).padding(2)), Relu(), Pool(),
                        MakeConv2d(Conv2dOptions(64, 192, 5).padding(2)), Relu(), Pool(),
                        MakeConv2d(Conv2dOptions(192, 384, 3).padding(1)), Relu(),
                        MakeConv2d(Conv2dOptions(384, 256, 3).padding(1)), Relu(),
                        MakeConv2d(Conv2dOptions(256, 256, 3).padding(1)), Relu(), Pool()));
  classifier = register_module(
      "classifier", Chain(Dropout(options.dropout), MakeLinear({256 * kPooled * kPooled, 4096}),
                          Relu(), Dropout(options.dropout), MakeLinear({4096, 4096}), Relu(),
                          MakeLinear({4096, options.num_classes})));
}

at::Tensor AlexNet::ForwardFeatures(at::Tensor images) {
  at::Tensor x = features(images);
  x = at::adaptive_avg_pool2d(x, {kPooled, kPooled}).flatten(1);
  return classifier->Run(x, 0, classifier->size() - 1);
}

at::Tensor AlexNet::forward(at::Tensor images) {
  return classifier->Run(ForwardFeatures(images), classifier->size() - 1, classifier->size());
}

Result<std::shared_ptr<Classifier>> MakeAlexNet(const AlexNetVariant& variant,
                                                const Json::Object& json) {
  AlexNetOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("dropout", options.dropout, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<AlexNet>(variant, options));
}

}  // namespace zoo::models
