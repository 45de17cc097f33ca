// AlexNet with one column.
//
// Paper: Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
// arXiv:1404.5997. Reference implementation: torchvision.models.alexnet.
#ifndef ZOO_MODELS_ALEXNET_H_
#define ZOO_MODELS_ALEXNET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct AlexNetVariant {
  std::string_view name;
};

inline constexpr AlexNetVariant kAlexNetVariants[] = {{.name = "alexnet"}};

struct AlexNetOptions {
  int64_t num_classes = 1000;
  double dropout = 0.5;
};

class AlexNet : public Classifier {
 public:
  explicit AlexNet(const AlexNetVariant& variant, const AlexNetOptions& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;

  Chain features{nullptr}, classifier{nullptr};
};

Result<std::shared_ptr<Classifier>> MakeAlexNet(const AlexNetVariant& variant,
                                                const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_ALEXNET_H_
