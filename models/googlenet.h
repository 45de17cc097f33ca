// GoogLeNet, the first Inception, with batch norms.
//
// Paper: Szegedy et al., "Going Deeper with Convolutions", arXiv:1409.4842. Reference
// implementation: torchvision.models.googlenet, whose third branches have a kernel of 3 where the
// paper has 5.
#ifndef ZOO_MODELS_GOOGLENET_H_
#define ZOO_MODELS_GOOGLENET_H_

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

struct GoogLeNetVariant {
  std::string_view name;
};

inline constexpr GoogLeNetVariant kGoogLeNetVariants[] = {{.name = "googlenet"}};

struct GoogLeNetOptions {
  int64_t num_classes = 1000;
  bool aux_logits = true;        // two more heads, for training
  bool transform_input = false;  // for weights that were ported from TensorFlow
  bool init_weights = true;      // else initial values are those of plain PyTorch layers
  double dropout = 0.2;
  double dropout_aux = 0.7;
};

class GoogLeNet : public Classifier {
 public:
  explicit GoogLeNet(const GoogLeNetVariant& variant, const GoogLeNetOptions& options = {});
  at::Tensor forward(at::Tensor images) override;
  // In training mode also "aux1" and "aux2".
  Outputs ForwardAll(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;

  torch::nn::AnyModule aux1, aux2;  // empty without aux_logits
  torch::nn::Dropout dropout{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  at::Tensor Trunk(at::Tensor images, Outputs* aux);

  bool transform_input_, init_weights_;
  std::vector<torch::nn::AnyModule> to_aux1_, to_aux2_, to_end_;
};

Result<std::shared_ptr<Classifier>> MakeGoogLeNet(const GoogLeNetVariant& variant,
                                                  const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_GOOGLENET_H_
