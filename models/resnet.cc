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

torch::nn::Conv2d Conv3x3(int64_t in, int64_t out, int64_t stride = 1, int64_t groups = 1) {
  return MakeConv2d(Conv2dOptions(in, out, 3).stride(stride).padding(1).groups(groups).bias(false));
}

// The way around a block that changes the shape; empty for one that does not.
torch::nn::Sequential MakeDownsample(int64_t in, int64_t out, int64_t stride) {
  if (stride == 1 && in == out) return nullptr;
  return torch::nn::Sequential(Conv1x1(in, out, stride), MakeBatchNorm2d(out));
}

torch::nn::Sequential MakeStage(const ResNetVariant& variant, int64_t& in, int index) {
  const int64_t planes = int64_t{64} << index;
  torch::nn::Sequential stage;
  for (int i = 0; i < variant.depths[index]; ++i) {
    const int64_t stride = i == 0 && index > 0 ? 2 : 1;
    if (variant.bottleneck) {
      stage->push_back(std::make_shared<Bottleneck>(in, planes, stride, variant));
      in = planes * Bottleneck::kExpansion;
    } else {
      stage->push_back(std::make_shared<BasicBlock>(in, planes, stride));
      in = planes * BasicBlock::kExpansion;
    }
  }
  return stage;
}

}  // namespace

BasicBlock::BasicBlock(int64_t in, int64_t planes, int64_t stride) {
  conv1 = register_module("conv1", Conv3x3(in, planes, stride));
  bn1 = register_module("bn1", MakeBatchNorm2d(planes));
  conv2 = register_module("conv2", Conv3x3(planes, planes));
  bn2 = register_module("bn2", MakeBatchNorm2d(planes));
  downsample = MakeDownsample(in, planes * kExpansion, stride);
  if (downsample) register_module("downsample", downsample);
}

at::Tensor BasicBlock::forward(at::Tensor x) {
  at::Tensor out = bn1(conv1(x)).relu_();
  out = bn2(conv2(out));
  out += downsample ? downsample->forward(x) : x;
  return out.relu_();
}

Bottleneck::Bottleneck(int64_t in, int64_t planes, int64_t stride, const ResNetVariant& variant) {
  const int64_t width = planes * variant.width_per_group / 64 * variant.groups;
  conv1 = register_module("conv1", Conv1x1(in, width));
  bn1 = register_module("bn1", MakeBatchNorm2d(width));
  conv2 = register_module("conv2", Conv3x3(width, width, stride, variant.groups));
  bn2 = register_module("bn2", MakeBatchNorm2d(width));
  conv3 = register_module("conv3", Conv1x1(width, planes * kExpansion));
  bn3 = register_module("bn3", MakeBatchNorm2d(planes * kExpansion));
  downsample = MakeDownsample(in, planes * kExpansion, stride);
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
  int64_t channels = 64;
  conv1 = register_module(
      "conv1", MakeConv2d(Conv2dOptions(3, channels, 7).stride(2).padding(3).bias(false)));
  bn1 = register_module("bn1", MakeBatchNorm2d(channels));
  layer1 = register_module("layer1", MakeStage(variant, channels, 0));
  layer2 = register_module("layer2", MakeStage(variant, channels, 1));
  layer3 = register_module("layer3", MakeStage(variant, channels, 2));
  layer4 = register_module("layer4", MakeStage(variant, channels, 3));
  fc = register_module("fc", MakeLinear({channels, options.num_classes}));
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
