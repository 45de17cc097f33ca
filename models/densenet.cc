#include "zoo/models/densenet.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/dropout.h>
#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/pooling.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"
#include "zoo/models/recompute.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;

using Features = std::vector<at::Tensor>;

struct DenseShape {
  int64_t in, growth, middle;
  double drop_rate;
  bool memory_efficient;
};

// A norm before each of two convolutions: 1x1 to `middle` channels, 3x3 to `growth`.
class DenseLayer : public torch::nn::Module {
 public:
  explicit DenseLayer(const DenseShape& shape)
      : drop_rate_(shape.drop_rate), memory_efficient_(shape.memory_efficient) {
    norm1 = register_module("norm1", MakeBatchNorm2d(shape.in));
    conv1 =
        register_module("conv1", MakeConv2d(Conv2dOptions(shape.in, shape.middle, 1).bias(false)));
    norm2 = register_module("norm2", MakeBatchNorm2d(shape.middle));
    conv2 = register_module(
        "conv2", MakeConv2d(Conv2dOptions(shape.middle, shape.growth, 3).padding(1).bias(false)));
  }

  at::Tensor forward(const Features& features) {
    at::Tensor x = memory_efficient_ && WantGradients(features)
                       ? Recompute(features, {norm1->weight, norm1->bias, conv1->weight},
                                   [self = shared_from_this(), this](const Features& again) {
                                     return Narrow(again);
                                   })
                       : Narrow(features);
    x = conv2(norm2(x).relu_());
    return drop_rate_ > 0 ? at::dropout(x, drop_rate_, is_training()) : x;
  }

  torch::nn::BatchNorm2d norm1{nullptr}, norm2{nullptr};
  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};

 private:
  static bool WantGradients(const Features& features) {
    return at::GradMode::is_enabled() &&
           std::any_of(features.begin(), features.end(),
                       [](const at::Tensor& feature) { return feature.requires_grad(); });
  }

  at::Tensor Narrow(const Features& features) { return conv1(norm1(at::cat(features, 1)).relu_()); }

  double drop_rate_;
  bool memory_efficient_;
};

class DenseBlock : public torch::nn::Module {
 public:
  DenseBlock(DenseShape shape, int depth) {
    for (int i = 1; i <= depth; ++i) {
      layers_.push_back(
          register_module(fmt::format("denselayer{}", i), std::make_shared<DenseLayer>(shape)));
      shape.in += shape.growth;
    }
  }

  at::Tensor forward(at::Tensor x) {
    Features features = {std::move(x)};
    for (const auto& layer : layers_) features.push_back(layer->forward(features));
    return at::cat(features, 1);
  }

 private:
  std::vector<std::shared_ptr<DenseLayer>> layers_;
};

// Half the channels, half the size.
Chain MakeTransition(int64_t in) {
  Chain transition;
  transition->push_back("norm", MakeBatchNorm2d(in));
  transition->push_back("relu", Relu());
  transition->push_back("conv", MakeConv2d(Conv2dOptions(in, in / 2, 1).bias(false)));
  transition->push_back("pool", torch::nn::AvgPool2d(torch::nn::AvgPool2dOptions(2).stride(2)));
  return transition;
}

Chain MakeStem(int64_t channels) {
  Chain stem;
  stem->push_back("conv0",
                  MakeConv2d(Conv2dOptions(3, channels, 7).stride(2).padding(3).bias(false)));
  stem->push_back("norm0", MakeBatchNorm2d(channels));
  stem->push_back("relu0", Relu());
  stem->push_back("pool0",
                  torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2).padding(1)));
  return stem;
}

}  // namespace

DenseNet::DenseNet(const DenseNetVariant& variant, const DenseNetOptions& options)
    : Classifier(std::string(variant.name)) {
  features = register_module("features", MakeStem(variant.stem));
  int64_t channels = variant.stem;
  for (size_t i = 0; i < variant.depths.size(); ++i) {
    if (i > 0) {
      features->push_back(fmt::format("transition{}", i), MakeTransition(channels));
      channels /= 2;
    }
    const DenseShape shape = {.in = channels,
                              .growth = variant.growth,
                              .middle = options.bn_size * variant.growth,
                              .drop_rate = options.drop_rate,
                              .memory_efficient = options.memory_efficient};
    features->push_back(fmt::format("denseblock{}", i + 1),
                        std::make_shared<DenseBlock>(shape, variant.depths[i]));
    channels += variant.depths[i] * variant.growth;
  }
  features->push_back("norm5", MakeBatchNorm2d(channels));
  classifier = register_module("classifier", MakeLinear({channels, options.num_classes}));
}

at::Tensor DenseNet::ForwardFeatures(at::Tensor images) {
  return at::adaptive_avg_pool2d(features(images).relu_(), {1, 1}).flatten(1);
}

at::Tensor DenseNet::forward(at::Tensor images) { return classifier(ForwardFeatures(images)); }

void DenseNet::AdjustInitialValues() {
  ForEach<torch::nn::Conv2d>(
      *this, [](torch::nn::Conv2dImpl& conv) { torch::nn::init::kaiming_normal_(conv.weight); });
  torch::nn::init::zeros_(classifier->bias);
}

Result<std::shared_ptr<Classifier>> MakeDenseNet(const DenseNetVariant& variant,
                                                 const Json::Object& json) {
  DenseNetOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("bn_size", options.bn_size, 1, 64);
  reader.Read("drop_rate", options.drop_rate, 0, 1);
  reader.Read("memory_efficient", options.memory_efficient);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<DenseNet>(variant, options));
}

}  // namespace zoo::models
