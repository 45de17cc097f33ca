// DenseNet-BC: each layer sees what all layers of its block before it say.
//
// Paper: Huang et al., "Densely Connected Convolutional Networks", arXiv:1608.06993. Reference
// implementation: torchvision.models.densenet.
#ifndef ZOO_MODELS_DENSENET_H_
#define ZOO_MODELS_DENSENET_H_

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

struct DenseNetVariant {
  std::string_view name;
  int64_t growth;             // channels that a layer adds
  std::array<int, 4> depths;  // layers in denseblock1 to denseblock4
  int64_t stem;               // channels of the first convolution
};

// clang-format off
inline constexpr DenseNetVariant kDenseNetVariants[] = {
    {.name = "densenet121", .growth = 32, .depths = {6, 12, 24, 16}, .stem = 64},
    {.name = "densenet161", .growth = 48, .depths = {6, 12, 36, 24}, .stem = 96},
    {.name = "densenet169", .growth = 32, .depths = {6, 12, 32, 32}, .stem = 64},
    {.name = "densenet201", .growth = 32, .depths = {6, 12, 48, 32}, .stem = 64},
};
// clang-format on

struct DenseNetOptions {
  int64_t num_classes = 1000;
  int64_t bn_size = 4;   // channels between the two convolutions of a layer, in units of growth
  double drop_rate = 0;  // dropout after each layer
  // While training, backward computes the first half of each layer again (recompute.h).
  bool memory_efficient = false;
};

class DenseNet : public Classifier {
 public:
  explicit DenseNet(const DenseNetVariant& variant, const DenseNetOptions& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  Chain features{nullptr};
  torch::nn::Linear classifier{nullptr};
};

Result<std::shared_ptr<Classifier>> MakeDenseNet(const DenseNetVariant& variant,
                                                 const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_DENSENET_H_
