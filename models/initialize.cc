#include "zoo/models/initialize.h"

#include <ATen/ops/full.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/utils.h>

#include <limits>

#include "zoo/models/classifier.h"
#include "zoo/models/state_dict.h"

namespace zoo::models {
namespace {

template <typename Layer>
void ResetIf(torch::nn::Module& module) {
  if (auto* layer = module.as<Layer>()) layer->reset_parameters();
}

void ResetLayer(torch::nn::Module& module) {
  ResetIf<torch::nn::Conv2d>(module);
  ResetIf<torch::nn::BatchNorm2d>(module);
  ResetIf<torch::nn::Linear>(module);
  ResetIf<torch::nn::LayerNorm>(module);
}

void GiveMemory(at::Tensor& tensor) {
  const bool whole = at::isIntegralType(tensor.scalar_type(), /*includeBool=*/true);
  const double value = whole ? 0 : std::numeric_limits<double>::quiet_NaN();
  tensor.set_data(at::full(tensor.sizes(), value, tensor.options().requires_grad(false)));
}

}  // namespace

void InitializeForTraining(torch::nn::Module& module) {
  torch::NoGradGuard no_grad;
  for (NamedTensor& slot : StateDictOf(module)) GiveMemory(slot.tensor);
  module.apply([](torch::nn::Module& layer) { ResetLayer(layer); });
  if (auto* classifier = dynamic_cast<Classifier*>(&module)) classifier->AdjustInitialValues();
}

}  // namespace zoo::models
