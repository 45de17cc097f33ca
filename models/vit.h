// ViT: an image as a sentence of patches.
//
// Paper: Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at
// Scale", arXiv:2010.11929. Reference implementation: torchvision.models.vision_transformer.
#ifndef ZOO_MODELS_VIT_H_
#define ZOO_MODELS_VIT_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct VitVariant {
  std::string_view name;
  int64_t patch, layers, heads, width, mlp;
};

// clang-format off
inline constexpr VitVariant kVitVariants[] = {
    {.name = "vit_b_16", .patch = 16, .layers = 12, .heads = 12, .width = 768,  .mlp = 3072},
    {.name = "vit_b_32", .patch = 32, .layers = 12, .heads = 12, .width = 768,  .mlp = 3072},
    {.name = "vit_l_16", .patch = 16, .layers = 24, .heads = 16, .width = 1024, .mlp = 4096},
    {.name = "vit_l_32", .patch = 32, .layers = 24, .heads = 16, .width = 1024, .mlp = 4096},
    {.name = "vit_h_14", .patch = 14, .layers = 32, .heads = 16, .width = 1280, .mlp = 5120},
};
// clang-format on

struct VitOptions {
  int64_t num_classes = 1000;
  int64_t image_size = 224;  // height and width in pixels: a multiple of the patch's
  double dropout = 0, attention_dropout = 0;
  int64_t representation_size = 0;  // of a layer before the classifier layer; 0: none
};

class Encoder;

class Vit : public Classifier {
 public:
  explicit Vit(const VitVariant& variant, const VitOptions& options = {});
  // images: [N, 3, image_size, image_size]; others throw c10::Error.
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  at::Tensor class_token;
  torch::nn::Conv2d conv_proj{nullptr};
  std::shared_ptr<Encoder> encoder;
  Chain heads{nullptr};

 private:
  int64_t image_size_;
};

Result<std::shared_ptr<Classifier>> MakeVit(const VitVariant& variant, const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_VIT_H_
