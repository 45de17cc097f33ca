// MNASNet.
//
// Paper: Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile",
// arXiv:1807.11626. Reference implementation: torchvision.models.mnasnet, second version.
#ifndef ZOO_MODELS_MNASNET_H_
#define ZOO_MODELS_MNASNET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/blocks.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

struct MnasNetVariant {
  std::string_view name;
  double width;  // factor on channels
};

inline constexpr MnasNetVariant kMnasNetVariants[] = {
    {.name = "mnasnet0_5", .width = 0.5},
    {.name = "mnasnet0_75", .width = 0.75},
    {.name = "mnasnet1_0", .width = 1.0},
    {.name = "mnasnet1_3", .width = 1.3},
};

struct MnasNetOptions {
  int64_t num_classes = 1000;
  double dropout = 0.2;
};

class MnasNet : public Classifier {
 public:
  explicit MnasNet(const MnasNetVariant& variant, const MnasNetOptions& options = {});
  at::Tensor forward(at::Tensor images) override;
  at::Tensor ForwardFeatures(at::Tensor images) override;
  void AdjustInitialValues() override;
  // Files of the first version have a stem that was not scaled.
  Form TakeFormOf(const Shapes& file) override;
  // Of the form it has, as Python counts; 2 where both are the same.
  int64_t version() const;

  Chain layers{nullptr}, classifier{nullptr};

 private:
  double width_;
};

Result<std::shared_ptr<Classifier>> MakeMnasNet(const MnasNetVariant& variant,
                                                const Json::Object& options);

}  // namespace zoo::models

#endif  // ZOO_MODELS_MNASNET_H_
