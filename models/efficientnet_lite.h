// EfficientNet-Lite: EfficientNet without squeeze-and-excite, with ReLU6, and with a stem and a
// head of fixed width.
//
// Paper: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
// arXiv:1905.11946. Reference: tensorflow/tpu, efficientnet/lite; keys as in the Python package
// efficientnet_lite_pytorch. A convolution is padded as TensorFlow's "same" pads it for the native
// input size, whatever size the input has. lite3 and lite4 have no reference: they follow from the
// scaling rule, and nobody has published their weights for PyTorch.
#ifndef ZOO_MODELS_EFFICIENTNET_LITE_H_
#define ZOO_MODELS_EFFICIENTNET_LITE_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct EfficientNetLiteVariant {
  std::string_view name;
  double width;    // factor on channels
  double depth;    // factor on repeats
  int64_t size;    // native height and width of the input
  double dropout;  // before the classifier layer, while training
};

// clang-format off
inline constexpr EfficientNetLiteVariant kEfficientNetLiteVariants[] = {
    {.name = "efficientnet_lite0", .width = 1.0, .depth = 1.0, .size = 224, .dropout = 0.2},
    {.name = "efficientnet_lite1", .width = 1.0, .depth = 1.1, .size = 240, .dropout = 0.2},
    {.name = "efficientnet_lite2", .width = 1.1, .depth = 1.2, .size = 260, .dropout = 0.3},
    {.name = "efficientnet_lite3", .width = 1.2, .depth = 1.4, .size = 280, .dropout = 0.3},
    {.name = "efficientnet_lite4", .width = 1.4, .depth = 1.8, .size = 300, .dropout = 0.3},
};
// clang-format on

struct EfficientNetLiteOptions {
  int64_t num_classes = 1000;
};

// A convolution without bias, padded as "same" for inputs of one fixed size.
struct SameConv2d {
  torch::nn::Conv2d conv{nullptr};
  int64_t before = 0, after = 0;  // zeros added on the left and top, right and bottom; 0 where
                                  // both are equal and the convolution pads by itself
  at::Tensor operator()(const at::Tensor& x) const;
};

// One inverted residual block.
struct MBConvShape {
  int64_t in, out, kernel, stride, expand;
  int64_t size;          // height and width of the input
  double drop_rate = 0;  // stochastic depth: how often a sample skips the block while training
};

class MBConvBlock : public torch::nn::Module {
 public:
  explicit MBConvBlock(const MBConvShape& shape);
  at::Tensor forward(at::Tensor x);

  // Registered under Python's names: _expand_conv, _bn0 ...
  SameConv2d expand_conv;  // empty, like the norm after it, where expand is 1
  torch::nn::BatchNorm2d bn0{nullptr};
  SameConv2d depthwise_conv;
  torch::nn::BatchNorm2d bn1{nullptr};
  SameConv2d project_conv;
  torch::nn::BatchNorm2d bn2{nullptr};
  StochasticDepth stochastic_depth{nullptr};

 private:
  bool residual_;
};

class EfficientNetLite : public Classifier {
 public:
  explicit EfficientNetLite(const EfficientNetLiteVariant& variant,
                            const EfficientNetLiteOptions& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;

  // Registered under Python's names: _conv_stem, _bn0 ...
  SameConv2d conv_stem;
  torch::nn::BatchNorm2d bn0{nullptr};
  torch::nn::Sequential blocks{nullptr};
  SameConv2d conv_head;
  torch::nn::BatchNorm2d bn1{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  double dropout_;
};

}  // namespace zoo::models

#endif  // ZOO_MODELS_EFFICIENTNET_LITE_H_
