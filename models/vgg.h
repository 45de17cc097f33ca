// VGG, with and without batch norm.
//
// Paper: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
// Recognition", arXiv:1409.1556. Reference implementation: torchvision.models.vgg.
#ifndef ZOO_MODELS_VGG_H_
#define ZOO_MODELS_VGG_H_

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

struct VggVariant {
  std::string_view name;
  std::array<int, 5> depths;  // convolutions before each of the five poolings
  bool norm;                  // a batch norm after each convolution
};

// clang-format off
inline constexpr VggVariant kVggVariants[] = {
    {.name = "vgg11",    .depths = {1, 1, 2, 2, 2}, .norm = false},
    {.name = "vgg13",    .depths = {2, 2, 2, 2, 2}, .norm = false},
    {.name = "vgg16",    .depths = {2, 2, 3, 3, 3}, .norm = false},
    {.name = "vgg19",    .depths = {2, 2, 4, 4, 4}, .norm = false},
    {.name = "vgg11_bn", .depths = {1, 1, 2, 2, 2}, .norm = true},
    {.name = "vgg13_bn", .depths = {2, 2, 2, 2, 2}, .norm = true},
    {.name = "vgg16_bn", .depths = {2, 2, 3, 3, 3}, .norm = true},
    {.name = "vgg19_bn", .depths = {2, 2, 4, 4, 4}, .norm = true},
};
// clang-format on

struct VggOptions {
  int64_t num_classes = 1000;
  bool init_weights = true;  // else initial values are those of plain PyTorch layers
  double dropout = 0.5;
};

class Vgg : public Classifier {
 public:
  explicit Vgg(const VggVariant& variant, const VggOptions& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  Chain features{nullptr}, classifier{nullptr};

 private:
  bool init_weights_;
};

Result<std::shared_ptr<Classifier>> MakeVgg(const VggVariant& variant, const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_VGG_H_
