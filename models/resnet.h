// ResNet and its wider and grouped relatives.
//
// Papers: He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385; Xie et al.,
// "Aggregated Residual Transformations for Deep Neural Networks", arXiv:1611.05431; Zagoruyko and
// Komodakis, "Wide Residual Networks", arXiv:1605.07146. Reference implementation:
// torchvision.models.resnet, whose bottlenecks have the stride in the 3x3 convolution.
#ifndef ZOO_MODELS_RESNET_H_
#define ZOO_MODELS_RESNET_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "zoo/models/classifier.h"

namespace zoo::models {

struct ResNetVariant {
  std::string_view name;
  bool bottleneck;
  std::array<int, 4> depths;  // blocks in layer1 to layer4
  int64_t groups = 1;
  int64_t width_per_group = 64;
};

// clang-format off
inline constexpr ResNetVariant kResNetVariants[] = {
    {.name = "resnet18",         .bottleneck = false, .depths = {2, 2, 2, 2}},
    {.name = "resnet34",         .bottleneck = false, .depths = {3, 4, 6, 3}},
    {.name = "resnet50",         .bottleneck = true,  .depths = {3, 4, 6, 3}},
    {.name = "resnet101",        .bottleneck = true,  .depths = {3, 4, 23, 3}},
    {.name = "resnet152",        .bottleneck = true,  .depths = {3, 8, 36, 3}},
    {.name = "resnext50_32x4d",  .bottleneck = true,  .depths = {3, 4, 6, 3},  .groups = 32, .width_per_group = 4},
    {.name = "resnext101_32x8d", .bottleneck = true,  .depths = {3, 4, 23, 3}, .groups = 32, .width_per_group = 8},
    {.name = "resnext101_64x4d", .bottleneck = true,  .depths = {3, 4, 23, 3}, .groups = 64, .width_per_group = 4},
    {.name = "wide_resnet50_2",  .bottleneck = true,  .depths = {3, 4, 6, 3},  .width_per_group = 128},
    {.name = "wide_resnet101_2", .bottleneck = true,  .depths = {3, 4, 23, 3}, .width_per_group = 128},
};
// clang-format on

struct ResNetOptions {
  int64_t num_classes = 1000;
  bool zero_init_residual = false;  // initial values only: each block begins as the identity
  // For layer2 to layer4: keep the size and dilate what follows. Only bottlenecks can.
  std::array<bool, 3> replace_stride_with_dilation = {};
};

struct ResNetBlockShape {
  int64_t in, planes;
  int64_t stride = 1, dilation = 1;
};

// Two 3x3 convolutions and a way around them.
class BasicBlock : public torch::nn::Module {
 public:
  static constexpr int64_t kExpansion = 1;
  explicit BasicBlock(const ResNetBlockShape& shape);  // REQUIRES: no dilation
  at::Tensor forward(at::Tensor x);

  torch::nn::Conv2d conv1{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr};
  torch::nn::Conv2d conv2{nullptr};
  torch::nn::BatchNorm2d bn2{nullptr};
  torch::nn::Sequential downsample{nullptr};  // empty where the shape stays
};

// 1x1 to fewer channels, 3x3 in groups, 1x1 back, and a way around them.
class Bottleneck : public torch::nn::Module {
 public:
  static constexpr int64_t kExpansion = 4;
  Bottleneck(const ResNetBlockShape& shape, const ResNetVariant& variant);
  at::Tensor forward(at::Tensor x);

  torch::nn::Conv2d conv1{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr};
  torch::nn::Conv2d conv2{nullptr};
  torch::nn::BatchNorm2d bn2{nullptr};
  torch::nn::Conv2d conv3{nullptr};
  torch::nn::BatchNorm2d bn3{nullptr};
  torch::nn::Sequential downsample{nullptr};  // empty where the shape stays
};

class ResNet : public Classifier {
 public:
  explicit ResNet(const ResNetVariant& variant, const ResNetOptions& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  torch::nn::Conv2d conv1{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr};
  torch::nn::Sequential layer1{nullptr}, layer2{nullptr}, layer3{nullptr}, layer4{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  bool zero_init_residual_;
};

}  // namespace zoo::models

#endif  // ZOO_MODELS_RESNET_H_
