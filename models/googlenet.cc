#include "zoo/models/googlenet.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/pooling.h>

#include <string>

#include "zoo/models/blocks.h"
#include "zoo/models/inception_blocks.h"
#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

using torch::nn::AnyModule;
using torch::nn::Conv2dOptions;

torch::nn::MaxPool2d Pool(int64_t kernel, int64_t stride, int64_t padding = 0) {
  return torch::nn::MaxPool2d(
      torch::nn::MaxPool2dOptions(kernel).stride(stride).padding(padding).ceil_mode(true));
}

BasicConv2d Conv(int64_t in, int64_t out, int64_t kernel = 1, int64_t stride = 1) {
  return BasicConv2d(Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2));
}

// Channels: of the 1x1 branch, of the two branches that narrow before 3x3, after the pooling.
struct InceptionWidths {
  int64_t in, ones, narrow2, out2, narrow3, out3, pooled;
};

class Inception : public torch::nn::Module {
 public:
  explicit Inception(const InceptionWidths& w) {
    branch1 = register_module("branch1", Conv(w.in, w.ones));
    branch2 = register_module("branch2", Chain(Conv(w.in, w.narrow2), Conv(w.narrow2, w.out2, 3)));
    branch3 = register_module("branch3", Chain(Conv(w.in, w.narrow3), Conv(w.narrow3, w.out3, 3)));
    branch4 = register_module("branch4", Chain(Pool(3, 1, 1), Conv(w.in, w.pooled)));
  }

  at::Tensor forward(at::Tensor x) {
    return at::cat({branch1(x), branch2(x), branch3(x), branch4(x)}, 1);
  }

  BasicConv2d branch1{nullptr};
  Chain branch2{nullptr}, branch3{nullptr}, branch4{nullptr};
};

class InceptionAux : public torch::nn::Module {
 public:
  InceptionAux(int64_t in, const GoogLeNetOptions& options) {
    conv = register_module("conv", Conv(in, 128));
    fc1 = register_module("fc1", MakeLinear({128 * 4 * 4, 1024}));
    fc2 = register_module("fc2", MakeLinear({1024, options.num_classes}));
    dropout = register_module("dropout", torch::nn::Dropout(options.dropout_aux));
  }

  at::Tensor forward(at::Tensor x) {
    x = conv(at::adaptive_avg_pool2d(x, {4, 4})).flatten(1);
    return fc2(dropout(fc1(x).relu_()));
  }

  BasicConv2d conv{nullptr};
  torch::nn::Linear fc1{nullptr}, fc2{nullptr};
  torch::nn::Dropout dropout{nullptr};
};

}  // namespace

GoogLeNet::GoogLeNet(const GoogLeNetVariant& variant, const GoogLeNetOptions& options)
    : Classifier(std::string(variant.name)),
      transform_input_(options.transform_input),
      init_weights_(options.init_weights) {
  const auto add = [this](std::vector<AnyModule>& part, const char* name, auto layer) {
    part.emplace_back(register_module(name, layer));
  };
  const auto inception = [&](std::vector<AnyModule>& part, const char* name,
                             const InceptionWidths& widths) {
    add(part, name, std::make_shared<Inception>(widths));
  };
  add(to_aux1_, "conv1", Conv(3, 64, 7, 2));
  add(to_aux1_, "maxpool1", Pool(3, 2));
  add(to_aux1_, "conv2", Conv(64, 64));
  add(to_aux1_, "conv3", Conv(64, 192, 3));
  add(to_aux1_, "maxpool2", Pool(3, 2));
  inception(to_aux1_, "inception3a", {192, 64, 96, 128, 16, 32, 32});
  inception(to_aux1_, "inception3b", {256, 128, 128, 192, 32, 96, 64});
  add(to_aux1_, "maxpool3", Pool(3, 2));
  inception(to_aux1_, "inception4a", {480, 192, 96, 208, 16, 48, 64});
  inception(to_aux2_, "inception4b", {512, 160, 112, 224, 24, 64, 64});
  inception(to_aux2_, "inception4c", {512, 128, 128, 256, 24, 64, 64});
  inception(to_aux2_, "inception4d", {512, 112, 144, 288, 32, 64, 64});
  inception(to_end_, "inception4e", {528, 256, 160, 320, 32, 128, 128});
  add(to_end_, "maxpool4", Pool(2, 2));
  inception(to_end_, "inception5a", {832, 256, 160, 320, 32, 128, 128});
  inception(to_end_, "inception5b", {832, 384, 192, 384, 48, 128, 128});
  if (options.aux_logits) {
    aux1 = AnyModule(register_module("aux1", std::make_shared<InceptionAux>(512, options)));
    aux2 = AnyModule(register_module("aux2", std::make_shared<InceptionAux>(528, options)));
  }
  dropout = register_module("dropout", torch::nn::Dropout(options.dropout));
  fc = register_module("fc", MakeLinear({1024, options.num_classes}));
}

at::Tensor GoogLeNet::Trunk(at::Tensor images, Outputs* aux) {
  if (transform_input_) images = ToHalves(images);
  at::Tensor x = Through(to_aux1_, images);
  if (aux != nullptr) (*aux)["aux1"] = aux1.forward(x);
  x = Through(to_aux2_, x);
  if (aux != nullptr) (*aux)["aux2"] = aux2.forward(x);
  x = Through(to_end_, x);
  return at::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
}

at::Tensor GoogLeNet::ForwardFeatures(at::Tensor images) { return Trunk(images, nullptr); }

at::Tensor GoogLeNet::forward(at::Tensor images) { return fc(dropout(ForwardFeatures(images))); }

Outputs GoogLeNet::ForwardAll(at::Tensor images) {
  Outputs outputs;
  const bool heads = is_training() && !aux1.is_empty();
  outputs["logits"] = fc(dropout(Trunk(images, heads ? &outputs : nullptr)));
  return outputs;
}

void GoogLeNet::AdjustInitialValues() {
  if (!init_weights_) return;
  const auto fill = [](auto& layer) { TruncNormal(layer.weight, 0.01); };
  ForEach<torch::nn::Conv2d>(*this, fill);
  ForEach<torch::nn::Linear>(*this, fill);
}

Result<std::shared_ptr<Classifier>> MakeGoogLeNet(const GoogLeNetVariant& variant,
                                                  const Json::Object& json) {
  GoogLeNetOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("aux_logits", options.aux_logits);
  reader.Read("transform_input", options.transform_input);
  reader.Read("init_weights", options.init_weights);
  reader.Read("dropout", options.dropout, 0, 1);
  reader.Read("dropout_aux", options.dropout_aux, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<GoogLeNet>(variant, options));
}

}  // namespace zoo::models
