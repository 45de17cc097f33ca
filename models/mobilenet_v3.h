// MobileNet v3.
//
// Paper: Howard et al., "Searching for MobileNetV3", arXiv:1905.02244, tables 1 and 2. Reference
// implementation: torchvision.models.mobilenetv3.
#ifndef ZOO_MODELS_MOBILENET_V3_H_
#define ZOO_MODELS_MOBILENET_V3_H_

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

struct MobileNetV3Block {
  int64_t kernel, middle, out;
  bool squeeze;    // squeeze-and-excitation
  bool hardswish;  // else ReLU
  int64_t stride;
};

// clang-format off
inline constexpr MobileNetV3Block kMobileNetV3Large[] = {
    {.kernel = 3, .middle = 16,  .out = 16,  .squeeze = false, .hardswish = false, .stride = 1},
    {.kernel = 3, .middle = 64,  .out = 24,  .squeeze = false, .hardswish = false, .stride = 2},
    {.kernel = 3, .middle = 72,  .out = 24,  .squeeze = false, .hardswish = false, .stride = 1},
    {.kernel = 5, .middle = 72,  .out = 40,  .squeeze = true,  .hardswish = false, .stride = 2},
    {.kernel = 5, .middle = 120, .out = 40,  .squeeze = true,  .hardswish = false, .stride = 1},
    {.kernel = 5, .middle = 120, .out = 40,  .squeeze = true,  .hardswish = false, .stride = 1},
    {.kernel = 3, .middle = 240, .out = 80,  .squeeze = false, .hardswish = true,  .stride = 2},
    {.kernel = 3, .middle = 200, .out = 80,  .squeeze = false, .hardswish = true,  .stride = 1},
    {.kernel = 3, .middle = 184, .out = 80,  .squeeze = false, .hardswish = true,  .stride = 1},
    {.kernel = 3, .middle = 184, .out = 80,  .squeeze = false, .hardswish = true,  .stride = 1},
    {.kernel = 3, .middle = 480, .out = 112, .squeeze = true,  .hardswish = true,  .stride = 1},
    {.kernel = 3, .middle = 672, .out = 112, .squeeze = true,  .hardswish = true,  .stride = 1},
    {.kernel = 5, .middle = 672, .out = 160, .squeeze = true,  .hardswish = true,  .stride = 2},
    {.kernel = 5, .middle = 960, .out = 160, .squeeze = true,  .hardswish = true,  .stride = 1},
    {.kernel = 5, .middle = 960, .out = 160, .squeeze = true,  .hardswish = true,  .stride = 1},
};

inline constexpr MobileNetV3Block kMobileNetV3Small[] = {
    {.kernel = 3, .middle = 16,  .out = 16, .squeeze = true,  .hardswish = false, .stride = 2},
    {.kernel = 3, .middle = 72,  .out = 24, .squeeze = false, .hardswish = false, .stride = 2},
    {.kernel = 3, .middle = 88,  .out = 24, .squeeze = false, .hardswish = false, .stride = 1},
    {.kernel = 5, .middle = 96,  .out = 40, .squeeze = true,  .hardswish = true,  .stride = 2},
    {.kernel = 5, .middle = 240, .out = 40, .squeeze = true,  .hardswish = true,  .stride = 1},
    {.kernel = 5, .middle = 240, .out = 40, .squeeze = true,  .hardswish = true,  .stride = 1},
    {.kernel = 5, .middle = 120, .out = 48, .squeeze = true,  .hardswish = true,  .stride = 1},
    {.kernel = 5, .middle = 144, .out = 48, .squeeze = true,  .hardswish = true,  .stride = 1},
    {.kernel = 5, .middle = 288, .out = 96, .squeeze = true,  .hardswish = true,  .stride = 2},
    {.kernel = 5, .middle = 576, .out = 96, .squeeze = true,  .hardswish = true,  .stride = 1},
    {.kernel = 5, .middle = 576, .out = 96, .squeeze = true,  .hardswish = true,  .stride = 1},
};
// clang-format on

struct MobileNetV3Variant {
  std::string_view name;
  std::span<const MobileNetV3Block> blocks;
  int64_t last;  // channels of the layer before the classifier layer
};

// clang-format off
inline constexpr MobileNetV3Variant kMobileNetV3Variants[] = {
    {.name = "mobilenet_v3_large", .blocks = kMobileNetV3Large, .last = 1280},
    {.name = "mobilenet_v3_small", .blocks = kMobileNetV3Small, .last = 1024},
};
// clang-format on

struct MobileNetV3Options {
  int64_t num_classes = 1000;
  double width_mult = 1;      // factor on channels
  bool reduced_tail = false;  // half the channels in the last three blocks and after
  bool dilated = false;       // the last three blocks keep the size and dilate by 2
  double dropout = 0.2;
};

class MobileNetV3 : public Classifier {
 public:
  explicit MobileNetV3(const MobileNetV3Variant& variant, const MobileNetV3Options& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  Chain features{nullptr}, classifier{nullptr};
};

Result<std::shared_ptr<Classifier>> MakeMobileNetV3(const MobileNetV3Variant& variant,
                                                    const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_MOBILENET_V3_H_
