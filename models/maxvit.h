// MaxViT: convolutions, then attention within windows, then attention over a grid of all of the
// map.
//
// Paper: Tu et al., "MaxViT: Multi-Axis Vision Transformer", arXiv:2204.01697.
// Reference implementation: torchvision.models.maxvit.
#ifndef ZOO_MODELS_MAXVIT_H_
#define ZOO_MODELS_MAXVIT_H_

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

struct MaxVitVariant {
  std::string_view name;
  int64_t stem;  // channels
  std::array<int64_t, 4> widths;
  std::array<int, 4> depths;
  int64_t head;                  // width of one
  int64_t partition;             // side of the windows and of the grid
  double stochastic_depth_prob;  // of the last layer; it grows from 0 at the first
};

inline constexpr MaxVitVariant kMaxVitVariants[] = {
    {.name = "maxvit_t",
     .stem = 64,
     .widths = {64, 128, 256, 512},
     .depths = {2, 2, 5, 2},
     .head = 32,
     .partition = 7,
     .stochastic_depth_prob = 0.2},
};

struct MaxVitOptions {
  int64_t num_classes = 1000;
  int64_t input_size = 224;  // height and width in pixels, which Python gives as a pair
  double squeeze_ratio = 0.25, expansion_ratio = 4;
  int64_t mlp_ratio = 4;
  double mlp_dropout = 0, attention_dropout = 0;
};

class MaxVit : public Classifier {
 public:
  // REQUIRES: the partition divides the sides of all maps.
  explicit MaxVit(const MaxVitVariant& variant, const MaxVitOptions& options = {});
  // images: [N, 3, input_size, input_size]; others throw c10::Error.
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  Chain stem{nullptr}, blocks{nullptr}, classifier{nullptr};

 private:
  int64_t input_size_;
};

Result<std::shared_ptr<Classifier>> MakeMaxVit(const MaxVitVariant& variant,
                                               const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_MAXVIT_H_
