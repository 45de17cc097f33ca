// MobileNet v2.
//
// Paper: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
// arXiv:1801.04381. Reference implementation: torchvision.models.mobilenetv2.
#ifndef ZOO_MODELS_MOBILENET_V2_H_
#define ZOO_MODELS_MOBILENET_V2_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct MobileNetV2Variant {
  std::string_view name;
};

inline constexpr MobileNetV2Variant kMobileNetV2Variants[] = {{.name = "mobilenet_v2"}};

struct MobileNetV2Options {
  int64_t num_classes = 1000;
  double width_mult = 1;      // factor on channels
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
