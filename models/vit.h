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
#include <vector>

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

// A convolution with batch norm and ReLU.
struct VitStemLayer {
  int64_t out_channels, kernel_size, stride;
};

struct VitOptions {
  int64_t num_classes = 1000;
  int64_t image_size = 224;  // height and width in pixels: a multiple of the patch's
  double dropout = 0, attention_dropout = 0;
  int64_t representation_size = 0;  // of a layer before the classifier layer; 0: none
  // In place of the one convolution that makes the patches: these, then a 1x1 one. As option: a
  // list of [out_channels, kernel_size, stride].
  std::vector<VitStemLayer> conv_stem_configs;
};

class Encoder;

class Vit : public Classifier {
 public:
  // REQUIRES: image_size is a multiple of the patch, and conv_stem_configs make as many patches.
  explicit Vit(const VitVariant& variant, const VitOptions& options = {});
  // images: [N, 3, image_size, image_size]; others throw c10::Error.
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  at::Tensor class_token;
  // The last convolution before the encoder: conv_proj, or conv_proj.conv_last behind `stem`.
  torch::nn::Conv2d projection{nullptr};
  Chain stem{nullptr};  // registered as conv_proj, projection included; empty without its option
  std::shared_ptr<Encoder> encoder;
  Chain heads{nullptr};

 private:
  int64_t image_size_;
};

Result<std::shared_ptr<Classifier>> MakeVit(const VitVariant& variant, const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_VIT_H_
