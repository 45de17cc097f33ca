// EfficientNet B0 to B7 and EfficientNet v2.
//
// Papers: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
// arXiv:1905.11946, and "EfficientNetV2: Smaller Models and Faster Training", arXiv:2104.00298.
// Reference implementation: torchvision.models.efficientnet.
#ifndef ZOO_MODELS_EFFICIENTNET_H_
#define ZOO_MODELS_EFFICIENTNET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct EfficientNetStage {
  bool fused = false;  // one full convolution instead of 1x1, depthwise, squeeze-and-excitation
  int64_t expand, kernel, stride, in, out, repeats;
};

// clang-format off
inline constexpr EfficientNetStage kEfficientNetB[] = {
    {.expand = 1, .kernel = 3, .stride = 1, .in = 32,  .out = 16,  .repeats = 1},
    {.expand = 6, .kernel = 3, .stride = 2, .in = 16,  .out = 24,  .repeats = 2},
    {.expand = 6, .kernel = 5, .stride = 2, .in = 24,  .out = 40,  .repeats = 2},
    {.expand = 6, .kernel = 3, .stride = 2, .in = 40,  .out = 80,  .repeats = 3},
    {.expand = 6, .kernel = 5, .stride = 1, .in = 80,  .out = 112, .repeats = 3},
    {.expand = 6, .kernel = 5, .stride = 2, .in = 112, .out = 192, .repeats = 4},
    {.expand = 6, .kernel = 3, .stride = 1, .in = 192, .out = 320, .repeats = 1},
};

inline constexpr EfficientNetStage kEfficientNetV2S[] = {
    {.fused = true,  .expand = 1, .kernel = 3, .stride = 1, .in = 24,  .out = 24,  .repeats = 2},
    {.fused = true,  .expand = 4, .kernel = 3, .stride = 2, .in = 24,  .out = 48,  .repeats = 4},
    {.fused = true,  .expand = 4, .kernel = 3, .stride = 2, .in = 48,  .out = 64,  .repeats = 4},
    {.fused = false, .expand = 4, .kernel = 3, .stride = 2, .in = 64,  .out = 128, .repeats = 6},
    {.fused = false, .expand = 6, .kernel = 3, .stride = 1, .in = 128, .out = 160, .repeats = 9},
    {.fused = false, .expand = 6, .kernel = 3, .stride = 2, .in = 160, .out = 256, .repeats = 15},
};

inline constexpr EfficientNetStage kEfficientNetV2M[] = {
    {.fused = true,  .expand = 1, .kernel = 3, .stride = 1, .in = 24,  .out = 24,  .repeats = 3},
    {.fused = true,  .expand = 4, .kernel = 3, .stride = 2, .in = 24,  .out = 48,  .repeats = 5},
    {.fused = true,  .expand = 4, .kernel = 3, .stride = 2, .in = 48,  .out = 80,  .repeats = 5},
    {.fused = false, .expand = 4, .kernel = 3, .stride = 2, .in = 80,  .out = 160, .repeats = 7},
    {.fused = false, .expand = 6, .kernel = 3, .stride = 1, .in = 160, .out = 176, .repeats = 14},
    {.fused = false, .expand = 6, .kernel = 3, .stride = 2, .in = 176, .out = 304, .repeats = 18},
    {.fused = false, .expand = 6, .kernel = 3, .stride = 1, .in = 304, .out = 512, .repeats = 5},
};

inline constexpr EfficientNetStage kEfficientNetV2L[] = {
    {.fused = true,  .expand = 1, .kernel = 3, .stride = 1, .in = 32,  .out = 32,  .repeats = 4},
    {.fused = true,  .expand = 4, .kernel = 3, .stride = 2, .in = 32,  .out = 64,  .repeats = 7},
    {.fused = true,  .expand = 4, .kernel = 3, .stride = 2, .in = 64,  .out = 96,  .repeats = 7},
    {.fused = false, .expand = 4, .kernel = 3, .stride = 2, .in = 96,  .out = 192, .repeats = 10},
    {.fused = false, .expand = 6, .kernel = 3, .stride = 1, .in = 192, .out = 224, .repeats = 19},
    {.fused = false, .expand = 6, .kernel = 3, .stride = 2, .in = 224, .out = 384, .repeats = 25},
    {.fused = false, .expand = 6, .kernel = 3, .stride = 1, .in = 384, .out = 640, .repeats = 7},
};
// clang-format on

struct EfficientNetVariant {
  std::string_view name;
  std::span<const EfficientNetStage> stages;
  double width = 1;  // factor on channels
  double depth = 1;  // factor on repeats
  double dropout;    // before the classifier layer
  NormOptions norm;
  int64_t last = 0;  // channels before the classifier layer; 0: four times those of the last stage
};

// clang-format off
inline constexpr EfficientNetVariant kEfficientNetVariants[] = {
    {.name = "efficientnet_b0",   .stages = kEfficientNetB,   .width = 1.0, .depth = 1.0, .dropout = 0.2},
    {.name = "efficientnet_b1",   .stages = kEfficientNetB,   .width = 1.0, .depth = 1.1, .dropout = 0.2},
    {.name = "efficientnet_b2",   .stages = kEfficientNetB,   .width = 1.1, .depth = 1.2, .dropout = 0.3},
    {.name = "efficientnet_b3",   .stages = kEfficientNetB,   .width = 1.2, .depth = 1.4, .dropout = 0.3},
    {.name = "efficientnet_b4",   .stages = kEfficientNetB,   .width = 1.4, .depth = 1.8, .dropout = 0.4},
    {.name = "efficientnet_b5",   .stages = kEfficientNetB,   .width = 1.6, .depth = 2.2, .dropout = 0.4, .norm = {.eps = 1e-3, .momentum = 0.01}},
    {.name = "efficientnet_b6",   .stages = kEfficientNetB,   .width = 1.8, .depth = 2.6, .dropout = 0.5, .norm = {.eps = 1e-3, .momentum = 0.01}},
    {.name = "efficientnet_b7",   .stages = kEfficientNetB,   .width = 2.0, .depth = 3.1, .dropout = 0.5, .norm = {.eps = 1e-3, .momentum = 0.01}},
    {.name = "efficientnet_v2_s", .stages = kEfficientNetV2S, .dropout = 0.2, .norm = {.eps = 1e-3}, .last = 1280},
    {.name = "efficientnet_v2_m", .stages = kEfficientNetV2M, .dropout = 0.3, .norm = {.eps = 1e-3}, .last = 1280},
    {.name = "efficientnet_v2_l", .stages = kEfficientNetV2L, .dropout = 0.4, .norm = {.eps = 1e-3}, .last = 1280},
};
// clang-format on

struct EfficientNetOptions {
  explicit EfficientNetOptions(const EfficientNetVariant& variant) : dropout(variant.dropout) {}

  int64_t num_classes = 1000;
  double dropout;
  double stochastic_depth_prob = 0.2;  // of the last block; it grows from 0 at the first
};

class EfficientNet : public Classifier {
 public:
  explicit EfficientNet(const EfficientNetVariant& variant)
      : EfficientNet(variant, EfficientNetOptions(variant)) {}
  EfficientNet(const EfficientNetVariant& variant, const EfficientNetOptions& options);
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  Chain features{nullptr}, classifier{nullptr};
};

Result<std::shared_ptr<Classifier>> MakeEfficientNet(const EfficientNetVariant& variant,
                                                     const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_EFFICIENTNET_H_
