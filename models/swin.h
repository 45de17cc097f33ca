// Swin Transformer, v1 and v2: attention in windows that shift from block to block.
//
// Papers: Liu et al., "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows",
// arXiv:2103.14030, and "Swin Transformer V2: Scaling Up Capacity and Resolution",
// arXiv:2111.09883. Reference implementation: torchvision.models.swin_transformer.
#ifndef ZOO_MODELS_SWIN_H_
#define ZOO_MODELS_SWIN_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct SwinVariant {
  std::string_view name;
  // Cosine attention, biases out of a small net, norms behind what they were before.
  bool v2 = false;
  int64_t width;  // of the first stage; it doubles at each, as do its heads
  int64_t heads;
  std::array<int, 4> depths;
  int64_t window;
  double stochastic_depth_prob;  // of the last block; it grows from 0 at the first
};

// clang-format off
inline constexpr SwinVariant kSwinVariants[] = {
    {.name = "swin_t",    .v2 = false, .width = 96,  .heads = 3, .depths = {2, 2, 6, 2},  .window = 7, .stochastic_depth_prob = 0.2},
    {.name = "swin_s",    .v2 = false, .width = 96,  .heads = 3, .depths = {2, 2, 18, 2}, .window = 7, .stochastic_depth_prob = 0.3},
    {.name = "swin_b",    .v2 = false, .width = 128, .heads = 4, .depths = {2, 2, 18, 2}, .window = 7, .stochastic_depth_prob = 0.5},
    {.name = "swin_v2_t", .v2 = true,  .width = 96,  .heads = 3, .depths = {2, 2, 6, 2},  .window = 8, .stochastic_depth_prob = 0.2},
    {.name = "swin_v2_s", .v2 = true,  .width = 96,  .heads = 3, .depths = {2, 2, 18, 2}, .window = 8, .stochastic_depth_prob = 0.3},
    {.name = "swin_v2_b", .v2 = true,  .width = 128, .heads = 4, .depths = {2, 2, 18, 2}, .window = 8, .stochastic_depth_prob = 0.5},
};
// clang-format on

struct SwinOptions {
  int64_t num_classes = 1000;
  double mlp_ratio = 4;
  double dropout = 0, attention_dropout = 0;
};

class Swin : public Classifier {
 public:
  explicit Swin(const SwinVariant& variant, const SwinOptions& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  Chain features{nullptr};
  torch::nn::LayerNorm norm{nullptr};
  torch::nn::Linear head{nullptr};
};

Result<std::shared_ptr<Classifier>> MakeSwin(const SwinVariant& variant,
                                             const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_SWIN_H_
