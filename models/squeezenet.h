// SqueezeNet: small by convolutions that narrow first.
//
// Paper: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB
// model size", arXiv:1602.07360. Reference implementation: torchvision.models.squeezenet.
#ifndef ZOO_MODELS_SQUEEZENET_H_
#define ZOO_MODELS_SQUEEZENET_H_

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

struct SqueezeNetVariant {
  std::string_view name;
  int64_t channels, kernel;  // of the first convolution
  std::array<int, 3> pools;  // before which of the eight fires
};

// clang-format off
inline constexpr SqueezeNetVariant kSqueezeNetVariants[] = {
    {.name = "squeezenet1_0", .channels = 96, .kernel = 7, .pools = {0, 3, 7}},
    {.name = "squeezenet1_1", .channels = 64, .kernel = 3, .pools = {0, 2, 4}},
};
// clang-format on

struct SqueezeNetOptions {
  int64_t num_classes = 1000;
  double dropout = 0.5;
};

class SqueezeNet : public Classifier {
 public:
  explicit SqueezeNet(const SqueezeNetVariant& variant, const SqueezeNetOptions& options = {});
  // The classifier is a convolution: logits are the mean of what it says of each place.
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  Chain features{nullptr}, classifier{nullptr};
};

Result<std::shared_ptr<Classifier>> MakeSqueezeNet(const SqueezeNetVariant& variant,
                                                   const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_SQUEEZENET_H_
