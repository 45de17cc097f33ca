// Inception v3.
//
// Paper: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision",
// arXiv:1512.00567. Reference implementation: torchvision.models.inception.
#ifndef ZOO_MODELS_INCEPTION_V3_H_
#define ZOO_MODELS_INCEPTION_V3_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/container/any.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct InceptionV3Variant {
  std::string_view name;
};

inline constexpr InceptionV3Variant kInceptionV3Variants[] = {{.name = "inception_v3"}};

struct InceptionV3Options {
  int64_t num_classes = 1000;
  bool aux_logits = true;        // one more head, for training
  bool transform_input = false;  // for weights that were ported from TensorFlow
  bool init_weights = true;      // else initial values are those of plain PyTorch layers
  double dropout = 0.5;
};

class InceptionV3 : public Classifier {
 public:
  explicit InceptionV3(const InceptionV3Variant& variant, const InceptionV3Options& options = {});
  // Images of 75 by 75 or more; 299 by 299 for the auxiliary head.
  at::Tensor forward(at::Tensor images) override;
  // In training mode also "aux".
  Outputs ForwardAll(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  torch::nn::AnyModule aux;  // registered as AuxLogits; empty without aux_logits
  torch::nn::Dropout dropout{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  at::Tensor Trunk(at::Tensor images, Outputs* outputs);

  bool transform_input_, init_weights_;
  std::vector<torch::nn::AnyModule> to_aux_, to_end_;
};

Result<std::shared_ptr<Classifier>> MakeInceptionV3(const InceptionV3Variant& variant,
                                                    const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_INCEPTION_V3_H_
