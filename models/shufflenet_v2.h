// ShuffleNet v2.
//
// Paper: Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design",
// arXiv:1807.11164. Reference implementation: torchvision.models.shufflenetv2.
#ifndef ZOO_MODELS_SHUFFLENET_V2_H_
#define ZOO_MODELS_SHUFFLENET_V2_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct ShuffleNetV2Variant {
  std::string_view name;
  std::array<int64_t, 3> channels;  // of stage2 to stage4
  int64_t last;                     // of conv5
};

// clang-format off
inline constexpr ShuffleNetV2Variant kShuffleNetV2Variants[] = {
    {.name = "shufflenet_v2_x0_5", .channels = {48, 96, 192},   .last = 1024},
    {.name = "shufflenet_v2_x1_0", .channels = {116, 232, 464}, .last = 1024},
    {.name = "shufflenet_v2_x1_5", .channels = {176, 352, 704}, .last = 1024},
    {.name = "shufflenet_v2_x2_0", .channels = {244, 488, 976}, .last = 2048},
};
// clang-format on

struct ShuffleNetV2Options {
  int64_t num_classes = 1000;
};

class ShuffleNetV2 : public Classifier {
 public:
  explicit ShuffleNetV2(const ShuffleNetV2Variant& variant,
                        const ShuffleNetV2Options& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;

  Chain conv1{nullptr}, stage2{nullptr}, stage3{nullptr}, stage4{nullptr}, conv5{nullptr};
  torch::nn::Linear fc{nullptr};
};

Result<std::shared_ptr<Classifier>> MakeShuffleNetV2(const ShuffleNetV2Variant& variant,
                                                     const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_SHUFFLENET_V2_H_
