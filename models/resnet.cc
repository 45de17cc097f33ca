#include "zoo/models/resnet.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/max_pool2d.h>
#include <torch/nn/init.h>

#include <memory>
#include <string>

#include "zoo/models/layers.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;

torch::nn::Conv2d Conv1x1(int64_t in, int64_t out, int64_t stride = 1) {
  return MakeConv2d(Conv2dOptions(in, out, 1).stride(stride).bias(false));
}

Conv2dOptions Options3x3(int64_t in, int64_t out) {
  return Conv2dOptions(in, out, 3).padding(1).bias(false);
}

// The way around a block that changes the shape; empty for one that does not.
torch::nn::Sequential MakeDownsample(const ResNetBlockShape& shape, int64_t out) {
  if (shape.stride == 1 && shape.in == out) return nullptr;
  return torch::nn::Sequential(Conv1x1(shape.in, out, shape.stride), MakeBatchNorm2d(out));
}

// What comes out of the stages so far.
struct Reached {
  int64_t channels = 64;
  int64_t dilation = 1;
};

torch::nn::Sequential MakeStage(const ResNetVariant& variant, const ResNetOptions& options,
                                Reached& reached, int index) {
  ResNetBlockShape shape = {.in = reached.channels,
                            .planes = int64_t{64} << index,
                            .stride = index > 0 ? 2 : 1,
                            .dilation = reached.dilation};
  if (index > 0 && options.replace_stride_with_dilation[index - 1]) {
    reached.dilation *= shape.stride;  // the first block still dilates as those before it
    shape.stride = 1;
  }
  torch::nn::Sequential stage;
  for (int i = 0; i < variant.depths[index]; ++i) {
    if (variant.bottleneck) {
      stage->push_back(std::make_shared<Bottleneck>(shape, variant));
      shape.in = shape.planes * Bottleneck::kExpansion;
    } else {
      stage->push_back(std::make_shared<BasicBlock>(shape));
      shape.in = shape.planes * BasicBlock::kExpansion;
    }
    shape.stride = 1;
    shape.dilation = reached.dilation;
  }
  reached.channels = shape.in;
  return stage;
}

}  // namespace

BasicBlock::BasicBlock(const ResNetBlockShape& shape) {
  const int64_t planes = shape.planes;
  conv1 = register_module("conv1", MakeConv2d(Options3x3(shape.in, planes).stride(shape.stride)));
  bn1 = register_module("bn1", MakeBatchNorm2d(planes));
  conv2 = register_module("conv2", MakeConv2d(Options3x3(planes, planes)));
  bn2 = register_module("bn2", MakeBatchNorm2d(planes));
  downsample = MakeDownsample(shape, planes * kExpansion);
  if (downsample) register_module("downsample", downsample);
}

at::Tensor BasicBlock::forward(at::Tensor x) {
  at::Tensor out = bn1(conv1(x)).relu_();
  out = bn2(conv2(out));
  out += downsample ? downsample->forward(x) : x;
  return out.relu_();
}

Bottleneck::Bottleneck(const ResNetBlockShape& shape, const ResNetVariant& variant) {
  const int64_t width = shape.planes * variant.width_per_group / 64 * variant.groups;
  const int64_t out = shape.planes * kExpansion;
  conv1 = register_module("conv1", Conv1x1(shape.in, width));
  bn1 = register_module("bn1", MakeBatchNorm2d(width));
  conv2 = register_module("conv2", MakeConv2d(Options3x3(width, width)
                                                  .stride(shape.stride)
                                                  .padding(shape.dilation)
                                                  .dilation(shape.dilation)
                                                  .groups(variant.groups)));
  bn2 = register_module("bn2", MakeBatchNorm2d(width));
  conv3 = register_module("conv3", Conv1x1(width, out));
  bn3 = register_module("bn3", MakeBatchNorm2d(out));
  downsample = MakeDownsample(shape, out);
  if (downsample) register_module("downsample", downsample);
}

at::Tensor Bottleneck::forward(at::Tensor x) {
  at::Tensor out = bn1(conv1(x)).relu_();
  out = bn2(conv2(out)).relu_();
  out = bn3(conv3(out));
  out += downsample ? downsample->forward(x) : x;
  return out.relu_();
}

ResNet::ResNet(const ResNetVariant& variant, const ResNetOptions& options)
    : Classifier(std::string(variant.name)), zero_init_residual_(options.zero_init_residual) {
  Reached reached;
  conv1 = register_module(
      "conv1", MakeConv2d(Conv2dOptions(3, reached.channels, 7).stride(2).padding(3).bias(false)));
  bn1 = register_module("bn1", MakeBatchNorm2d(reached.channels));
  layer1 = register_module("layer1", MakeStage(variant, options, reached, 0));
  layer2 = register_module("layer2", MakeStage(variant, options, reached, 1));
  layer3 = register_module("layer3", MakeStage(variant, options, reached, 2));
  layer4 = register_module("layer4", MakeStage(variant, options, reached, 3));
  fc = register_module("fc", MakeLinear({reached.channels, options.num_classes}));
}

at::Tensor ResNet::ForwardFeatures(at::Tensor images) {
  at::Tensor x = bn1(conv1(images)).relu_();
  x = at::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  x = layer1->forward(x);
  x = layer2->forward(x);
  x = layer3->forward(x);
  x = layer4->forward(x);
  return at::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
}

at::Tensor ResNet::forward(at::Tensor images) { return fc(ForwardFeatures(images)); }

void ResNet::AdjustInitialValues() {
  for (const auto& module : modules()) {
    if (auto* conv = module->as<torch::nn::Conv2d>()) {
      torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
    }
    if (!zero_init_residual_) continue;
    if (auto* block = module->as<BasicBlock>()) torch::nn::init::zeros_(block->bn2->weight);
    if (auto* block = module->as<Bottleneck>()) torch::nn::init::zeros_(block->bn3->weight);
  }
}

}  // namespace zoo::models
