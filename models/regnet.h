// RegNet X and Y: widths by a rule of four numbers. Y is X with squeeze-and-excitation.
//
// Paper: Radosavovic et al., "Designing Network Design Spaces", arXiv:2003.13678. Reference
// implementation: torchvision.models.regnet.
#ifndef ZOO_MODELS_REGNET_H_
#define ZOO_MODELS_REGNET_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct RegNetVariant {
  std::string_view name;
  bool squeeze;          // squeeze-and-excitation
  int depth;             // blocks in all
  double w_0, w_a, w_m;  // width of the first block, slope, and step between stages
  int64_t group_width;   // channels of a group of the 3x3 convolution
};

// clang-format off
inline constexpr RegNetVariant kRegNetVariants[] = {
    {.name = "regnet_x_400mf", .squeeze = false, .depth = 22, .w_0 = 24,  .w_a = 24.48,  .w_m = 2.54, .group_width = 16},
    {.name = "regnet_x_800mf", .squeeze = false, .depth = 16, .w_0 = 56,  .w_a = 35.73,  .w_m = 2.28, .group_width = 16},
    {.name = "regnet_x_1_6gf", .squeeze = false, .depth = 18, .w_0 = 80,  .w_a = 34.01,  .w_m = 2.25, .group_width = 24},
    {.name = "regnet_x_3_2gf", .squeeze = false, .depth = 25, .w_0 = 88,  .w_a = 26.31,  .w_m = 2.25, .group_width = 48},
    {.name = "regnet_x_8gf",   .squeeze = false, .depth = 23, .w_0 = 80,  .w_a = 49.56,  .w_m = 2.88, .group_width = 120},
    {.name = "regnet_x_16gf",  .squeeze = false, .depth = 22, .w_0 = 216, .w_a = 55.59,  .w_m = 2.1,  .group_width = 128},
    {.name = "regnet_x_32gf",  .squeeze = false, .depth = 23, .w_0 = 320, .w_a = 69.86,  .w_m = 2.0,  .group_width = 168},
    {.name = "regnet_y_400mf", .squeeze = true,  .depth = 16, .w_0 = 48,  .w_a = 27.89,  .w_m = 2.09, .group_width = 8},
    {.name = "regnet_y_800mf", .squeeze = true,  .depth = 14, .w_0 = 56,  .w_a = 38.84,  .w_m = 2.4,  .group_width = 16},
    {.name = "regnet_y_1_6gf", .squeeze = true,  .depth = 27, .w_0 = 48,  .w_a = 20.71,  .w_m = 2.65, .group_width = 24},
    {.name = "regnet_y_3_2gf", .squeeze = true,  .depth = 21, .w_0 = 80,  .w_a = 42.63,  .w_m = 2.66, .group_width = 24},
    {.name = "regnet_y_8gf",   .squeeze = true,  .depth = 17, .w_0 = 192, .w_a = 76.82,  .w_m = 2.19, .group_width = 56},
    {.name = "regnet_y_16gf",  .squeeze = true,  .depth = 18, .w_0 = 200, .w_a = 106.23, .w_m = 2.48, .group_width = 112},
    {.name = "regnet_y_32gf",  .squeeze = true,  .depth = 20, .w_0 = 232, .w_a = 115.89, .w_m = 2.53, .group_width = 232},
    {.name = "regnet_y_128gf", .squeeze = true,  .depth = 27, .w_0 = 456, .w_a = 160.83, .w_m = 2.52, .group_width = 264},
};
// clang-format on

struct RegNetOptions {
  int64_t num_classes = 1000;
  int64_t stem_width = 32;  // channels of the first convolution
};

class RegNet : public Classifier {
 public:
  explicit RegNet(const RegNetVariant& variant, const RegNetOptions& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  ConvNormActivation stem{nullptr};
  Chain trunk_output{nullptr};
  torch::nn::Linear fc{nullptr};
};

Result<std::shared_ptr<Classifier>> MakeRegNet(const RegNetVariant& variant,
                                               const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_REGNET_H_
