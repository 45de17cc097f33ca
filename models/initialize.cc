#include "zoo/models/initialize.h"

#include <ATen/ops/full.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/modules/rnn.h>
#include <torch/nn/modules/transformer.h>
#include <torch/utils.h>

#include <limits>

#include "zoo/models/classifier.h"
#include "zoo/models/state_dict.h"

namespace zoo::models {
namespace {

namespace nn = torch::nn;

template <typename... Layers>
void ResetIf(nn::Module& module) {
  const auto reset = [](auto* layer) {
    if (layer != nullptr) layer->reset_parameters();
  };
  (reset(module.as<Layers>()), ...);
}

// Layers with tensors of their own. reset() would give them new tensors instead of new values.
void ResetLayer(nn::Module& module) {
  ResetIf<nn::Conv1d, nn::Conv2d, nn::Conv3d>(module);
  ResetIf<nn::ConvTranspose1d, nn::ConvTranspose2d, nn::ConvTranspose3d>(module);
  ResetIf<nn::BatchNorm1d, nn::BatchNorm2d, nn::BatchNorm3d>(module);
  ResetIf<nn::InstanceNorm1d, nn::InstanceNorm2d, nn::InstanceNorm3d>(module);
  ResetIf<nn::LayerNorm, nn::GroupNorm>(module);
  ResetIf<nn::Linear, nn::Bilinear, nn::Embedding, nn::EmbeddingBag>(module);
  ResetIf<nn::RNN, nn::LSTM, nn::GRU, nn::RNNCell, nn::LSTMCell, nn::GRUCell>(module);
  if (auto* prelu = module.as<nn::PReLU>()) prelu->weight.fill_(prelu->options.init());
  // LibTorch clears the row for padding before it fills the table, Python after.
  auto* bag = module.as<nn::EmbeddingBag>();
  if (bag != nullptr && bag->options.padding_idx()) {
    bag->weight.select(0, *bag->options.padding_idx()).zero_();
  }
}

void ResetAttention(nn::Module& module) {
  if (auto* attention = module.as<nn::MultiheadAttention>()) attention->_reset_parameters();
}

// The outer after the inner: Python's constructors change what their layers' have set.
void ResetLayers(nn::Module& module) {
  module.apply([](nn::Module& layer) { ResetLayer(layer); });
  module.apply([](nn::Module& layer) { ResetAttention(layer); });
  module.apply([](nn::Module& layer) { ResetIf<nn::Transformer>(layer); });
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
  ResetLayers(module);
  if (auto* classifier = dynamic_cast<Classifier*>(&module)) classifier->AdjustInitialValues();
}

}  // namespace zoo::models
