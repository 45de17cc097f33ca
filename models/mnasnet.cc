#include "zoo/models/mnasnet.h"

#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <cstddef>
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

constexpr int64_t kLast = 1280;
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

// Channels of the first convolution, and of what follows it.
struct Stem {
  int64_t wide, narrow;
};

constexpr Stem kFirstVersion = {.wide = 32, .narrow = 16};
constexpr size_t kStemLayers = 9;  // that depend on the stem

int64_t Scale(int64_t channels, double width) {
  return RoundChannels(static_cast<double>(channels) * width);
}

Stem SecondVersion(double width) {
  return {.wide = Scale(kFirstVersion.wide, width), .narrow = Scale(kFirstVersion.narrow, width)};
}

Chain MakeLayers(const Stem& stem, double width) {
  const auto& [wide, narrow] = stem;
  Chain layers(MakeConv2d(Conv2dOptions(3, wide, 3).stride(2).padding(1).bias(false)), Norm(wide),
               Relu(), Depthwise(wide, 3, 1), Norm(wide), Relu(), Pointwise(wide, narrow),
               Norm(narrow));
  int64_t in = narrow;
  for (const Stage& stage : kStages) {
    const int64_t out = Scale(stage.channels, width);
    layers->push_back(MakeStage(in, out, stage));
    in = out;
  }
  layers->push_back(Pointwise(in, kLast));
  layers->push_back(Norm(kLast));
  layers->push_back(Relu());
  return layers;
}

}  // namespace

MnasNet::MnasNet(const MnasNetVariant& variant, const MnasNetOptions& options)
    : Classifier(std::string(variant.name)), width_(variant.width) {
  layers = register_module("layers", MakeLayers(SecondVersion(width_), width_));
  classifier = register_module("classifier", Chain(torch::nn::Dropout(options.dropout),
                                                   MakeLinear({kLast, options.num_classes})));
}

Form MnasNet::TakeFormOf(const Shapes& file) {
  const auto first = file.find("layers.0.weight");
  if (first == file.end() || first->second.empty()) return {};
  const int64_t wide = first->second[0];
  const Stem second = SecondVersion(width_);
  if (wide != kFirstVersion.wide && wide != second.wide) return {};
  const bool is_first = wide == kFirstVersion.wide;
  Chain before = layers, made = MakeLayers(is_first ? kFirstVersion : second, width_);
  Chain after;
  for (size_t i = 0; i < before->size(); ++i) {
    after->push_back(*((i < kStemLayers ? made : before)->begin() + static_cast<ptrdiff_t>(i)));
  }
  const at::Tensor weight = before[0]->as<torch::nn::Conv2d>()->weight;
  if (weight.dtype() != at::kFloat || !weight.is_cpu()) {
    after->to(weight.device(), weight.scalar_type());
  }
  after->train(is_training());
  layers = replace_module("layers", after);
  return {.name = is_first ? "MNASNet's first version" : "MNASNet's second version",
          .undo = [this, before] { layers = replace_module("layers", before); }};
}

int64_t MnasNet::version() const {
  return layers->parameters().front().size(0) == SecondVersion(width_).wide ? 2 : 1;
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
