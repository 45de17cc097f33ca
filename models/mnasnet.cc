#include "zoo/models/mnasnet.h"

#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <string>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;

struct Stage {
  int64_t channels, kernel, stride, expand;
  int repeats;
};

// clang-format off
constexpr Stage kStages[] = {
    {.channels = 24,  .kernel = 3, .stride = 2, .expand = 3, .repeats = 3},
    {.channels = 40,  .kernel = 5, .stride = 2, .expand = 3, .repeats = 3},
    {.channels = 80,  .kernel = 5, .stride = 2, .expand = 6, .repeats = 3},
    {.channels = 96,  .kernel = 3, .stride = 1, .expand = 6, .repeats = 2},
    {.channels = 192, .kernel = 5, .stride = 2, .expand = 6, .repeats = 4},
    {.channels = 320, .kernel = 3, .stride = 1, .expand = 6, .repeats = 1},
};
// clang-format on

constexpr int64_t kStem = 32, kFirst = 16, kLast = 1280;
constexpr NormOptions kNorm = {.momentum = 1 - 0.9997};

torch::nn::BatchNorm2d Norm(int64_t channels) { return MakeNorm2d(channels, kNorm); }

torch::nn::Conv2d Pointwise(int64_t in, int64_t out) {
  return MakeConv2d(Conv2dOptions(in, out, 1).bias(false));
}

torch::nn::Conv2d Depthwise(int64_t channels, int64_t kernel, int64_t stride) {
  return MakeConv2d(Conv2dOptions(channels, channels, kernel)
                        .stride(stride)
                        .padding(kernel / 2)
                        .groups(channels)
                        .bias(false));
}

class InvertedResidual : public torch::nn::Module {
 public:
  InvertedResidual(int64_t in, int64_t out, int64_t stride, const Stage& stage)
      : residual_(stride == 1 && in == out) {
    const int64_t middle = in * stage.expand;
    layers = register_module("layers", Chain(Pointwise(in, middle), Norm(middle), Relu(),
                                             Depthwise(middle, stage.kernel, stride), Norm(middle),
                                             Relu(), Pointwise(middle, out), Norm(out)));
  }

  at::Tensor forward(at::Tensor x) { return residual_ ? layers(x) + x : layers(x); }

  Chain layers{nullptr};

 private:
  bool residual_;
};

Chain MakeStage(int64_t in, int64_t out, const Stage& stage) {
  Chain blocks;
  for (int i = 0; i < stage.repeats; ++i) {
    const int64_t stride = i == 0 ? stage.stride : 1;
    blocks->push_back(std::make_shared<InvertedResidual>(in, out, stride, stage));
    in = out;
  }
  return blocks;
}

}  // namespace

MnasNet::MnasNet(const MnasNetVariant& variant, const MnasNetOptions& options)
    : Classifier(std::string(variant.name)) {
  const auto scale = [&](int64_t channels) {
    return RoundChannels(static_cast<double>(channels) * variant.width);
  };
  const int64_t stem = scale(kStem);
  int64_t in = scale(kFirst);
  layers = register_module(
      "layers",
      Chain(MakeConv2d(Conv2dOptions(3, stem, 3).stride(2).padding(1).bias(false)), Norm(stem),
            Relu(), Depthwise(stem, 3, 1), Norm(stem), Relu(), Pointwise(stem, in), Norm(in)));
  for (const Stage& stage : kStages) {
    const int64_t out = scale(stage.channels);
    layers->push_back(MakeStage(in, out, stage));
    in = out;
  }
  layers->push_back(Pointwise(in, kLast));
  layers->push_back(Norm(kLast));
  layers->push_back(Relu());
  classifier = register_module("classifier", Chain(torch::nn::Dropout(options.dropout),
                                                   MakeLinear({kLast, options.num_classes})));
}

at::Tensor MnasNet::ForwardFeatures(at::Tensor images) { return layers(images).mean({2, 3}); }

at::Tensor MnasNet::forward(at::Tensor images) { return classifier(ForwardFeatures(images)); }

void MnasNet::AdjustInitialValues() {
  KaimingConvs(*this);
  ForEach<torch::nn::Linear>(*this, [](torch::nn::LinearImpl& linear) {
    torch::nn::init::kaiming_uniform_(linear.weight, 0, torch::kFanOut, torch::kSigmoid);
    torch::nn::init::zeros_(linear.bias);
  });
}

Result<std::shared_ptr<Classifier>> MakeMnasNet(const MnasNetVariant& variant,
                                                const Json::Object& json) {
  MnasNetOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("dropout", options.dropout, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<MnasNet>(variant, options));
}

}  // namespace zoo::models
