#include "zoo/models/shufflenet_v2.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/max_pool2d.h>

#include <string>
#include <vector>

#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;

constexpr int kRepeats[] = {4, 8, 4};
constexpr int64_t kStem = 24;

torch::nn::Conv2d Pointwise(int64_t in, int64_t out) {
  return MakeConv2d(Conv2dOptions(in, out, 1).bias(false));
}

torch::nn::Conv2d Depthwise(int64_t channels, int64_t stride) {
  return MakeConv2d(
      Conv2dOptions(channels, channels, 3).stride(stride).padding(1).groups(channels).bias(false));
}

// The channels of two groups, one from each in turn.
at::Tensor Shuffle(const at::Tensor& x) {
  return x.view({x.size(0), 2, x.size(1) / 2, x.size(2), x.size(3)}).transpose(1, 2).flatten(1, 2);
}

// With stride 1 one half of the channels goes around; with stride 2 both branches take all.
class InvertedResidual : public torch::nn::Module {
 public:
  InvertedResidual(int64_t in, int64_t out, int64_t stride) : stride_(stride) {
    const int64_t half = out / 2, taken = stride == 1 ? half : in;
    branch1 = register_module("branch1", Chain());
    if (stride > 1) {
      branch1->push_back(Depthwise(in, stride));
      branch1->push_back(MakeBatchNorm2d(in));
      branch1->push_back(Pointwise(in, half));
      branch1->push_back(MakeBatchNorm2d(half));
      branch1->push_back(Relu());
    }
    branch2 =
        register_module("branch2", Chain(Pointwise(taken, half), MakeBatchNorm2d(half), Relu(),
                                         Depthwise(half, stride), MakeBatchNorm2d(half),
                                         Pointwise(half, half), MakeBatchNorm2d(half), Relu()));
  }

  at::Tensor forward(at::Tensor x) {
    if (stride_ > 1) return Shuffle(at::cat({branch1(x), branch2(x)}, 1));
    const std::vector<at::Tensor> halves = x.chunk(2, 1);
    return Shuffle(at::cat({halves[0], branch2(halves[1])}, 1));
  }

  Chain branch1{nullptr}, branch2{nullptr};

 private:
  int64_t stride_;
};

Chain MakeStage(int64_t in, int64_t out, int repeats) {
  Chain stage(std::make_shared<InvertedResidual>(in, out, 2));
  for (int i = 1; i < repeats; ++i) {
    stage->push_back(std::make_shared<InvertedResidual>(out, out, 1));
  }
  return stage;
}

}  // namespace

ShuffleNetV2::ShuffleNetV2(const ShuffleNetV2Variant& variant, const ShuffleNetV2Options& options)
    : Classifier(std::string(variant.name)) {
  const auto& [two, three, four] = variant.channels;
  conv1 = register_module(
      "conv1", Chain(MakeConv2d(Conv2dOptions(3, kStem, 3).stride(2).padding(1).bias(false)),
                     MakeBatchNorm2d(kStem), Relu()));
  stage2 = register_module("stage2", MakeStage(kStem, two, kRepeats[0]));
  stage3 = register_module("stage3", MakeStage(two, three, kRepeats[1]));
  stage4 = register_module("stage4", MakeStage(three, four, kRepeats[2]));
  conv5 = register_module(
      "conv5", Chain(Pointwise(four, variant.last), MakeBatchNorm2d(variant.last), Relu()));
  fc = register_module("fc", MakeLinear({variant.last, options.num_classes}));
}

at::Tensor ShuffleNetV2::ForwardFeatures(at::Tensor images) {
  at::Tensor x = at::max_pool2d(conv1(images), /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  x = stage2(x);
  x = stage3(x);
  x = stage4(x);
  return conv5(x).mean({2, 3});
}

at::Tensor ShuffleNetV2::forward(at::Tensor images) { return fc(ForwardFeatures(images)); }

Result<std::shared_ptr<Classifier>> MakeShuffleNetV2(const ShuffleNetV2Variant& variant,
                                                     const Json::Object& json) {
  ShuffleNetV2Options options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<ShuffleNetV2>(variant, options));
}

}  // namespace zoo::models
