// ConvNeXt: a ResNet with the proportions, norms and training of a transformer.
//
// Paper: Liu et al., "A ConvNet for the 2020s", arXiv:2201.03545.
// Reference implementation: torchvision.models.convnext.
#ifndef ZOO_MODELS_CONVNEXT_H_
#define ZOO_MODELS_CONVNEXT_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct ConvNextVariant {
  std::string_view name;
  int64_t width;  // of the first stage; it doubles at each
  std::array<int, 4> depths;
  double stochastic_depth_prob;  // what Python's builder takes if nothing is said
};

inline constexpr ConvNextVariant kConvNextVariants[] = {
    {.name = "convnext_tiny", .width = 96, .depths = {3, 3, 9, 3}, .stochastic_depth_prob = 0.1},
    {.name = "convnext_small", .width = 96, .depths = {3, 3, 27, 3}, .stochastic_depth_prob = 0.4},
    {.name = "convnext_base", .width = 128, .depths = {3, 3, 27, 3}, .stochastic_depth_prob = 0.5},
    {.name = "convnext_large", .width = 192, .depths = {3, 3, 27, 3}, .stochastic_depth_prob = 0.5},
};

struct ConvNextOptions {
  explicit ConvNextOptions(const ConvNextVariant& variant)
      : stochastic_depth_prob(variant.stochastic_depth_prob) {}

  int64_t num_classes = 1000;
  double stochastic_depth_prob;  // of the last block; it grows from 0 at the first
  double layer_scale = 1e-6;     // initial value
};

class ConvNext : public Classifier {
 public:
  explicit ConvNext(const ConvNextVariant& variant) : ConvNext(variant, ConvNextOptions(variant)) {}
  ConvNext(const ConvNextVariant& variant, const ConvNextOptions& options);
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  Chain features{nullptr}, classifier{nullptr};

 private:
  double layer_scale_;
};

Result<std::shared_ptr<Classifier>> MakeConvNext(const ConvNextVariant& variant,
                                                 const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_CONVNEXT_H_
