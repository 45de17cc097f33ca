// MobileNet v2.
//
// Paper: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
// arXiv:1801.04381. Reference implementation: torchvision.models.mobilenetv2.
#ifndef ZOO_MODELS_MOBILENET_V2_H_
#define ZOO_MODELS_MOBILENET_V2_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <iterator>
#include <memory>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct MobileNetV2Variant {
  std::string_view name;
};

inline constexpr MobileNetV2Variant kMobileNetV2Variants[] = {{.name = "mobilenet_v2"}};

// Blocks that are alike but for the stride, which only the first one has.
struct MobileNetV2Stage {
  int64_t expand, channels, repeats, stride;
};

// clang-format off
inline constexpr MobileNetV2Stage kMobileNetV2Stages[] = {
    {.expand = 1, .channels = 16,  .repeats = 1, .stride = 1},
    {.expand = 6, .channels = 24,  .repeats = 2, .stride = 2},
    {.expand = 6, .channels = 32,  .repeats = 3, .stride = 2},
    {.expand = 6, .channels = 64,  .repeats = 4, .stride = 2},
    {.expand = 6, .channels = 96,  .repeats = 3, .stride = 1},
    {.expand = 6, .channels = 160, .repeats = 3, .stride = 2},
    {.expand = 6, .channels = 320, .repeats = 1, .stride = 1},
};
// clang-format on

struct MobileNetV2Options {
  int64_t num_classes = 1000;
  double width_mult = 1;  // factor on channels
  // As option: a list of [expand, channels, repeats, stride].
  std::vector<MobileNetV2Stage> inverted_residual_setting{std::begin(kMobileNetV2Stages),
                                                          std::end(kMobileNetV2Stages)};
  int64_t round_nearest = 8;  // channels are a multiple of it
  double dropout = 0.2;
};

class MobileNetV2 : public Classifier {
 public:
  explicit MobileNetV2(const MobileNetV2Variant& variant, const MobileNetV2Options& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  Chain features{nullptr}, classifier{nullptr};
};

Result<std::shared_ptr<Classifier>> MakeMobileNetV2(const MobileNetV2Variant& variant,
                                                    const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_MOBILENET_V2_H_
