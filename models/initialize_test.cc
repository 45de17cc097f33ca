#include "zoo/models/initialize.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/modules/rnn.h>
#include <torch/nn/modules/transformer.h>
#include <torch/utils.h>

#include <cmath>
#include <memory>
#include <vector>

#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/layers.h"
#include "zoo/models/resnet.h"
#include "zoo/models/state_dict.h"

namespace zoo::models {
namespace {

double Mean(const at::Tensor& tensor) { return tensor.mean().item<double>(); }
double Deviation(const at::Tensor& tensor) { return tensor.std().item<double>(); }
double Largest(const at::Tensor& tensor) { return tensor.abs().max().item<double>(); }

// Within five standard errors, of n independent numbers, of what the distribution says.
void ExpectMoments(const at::Tensor& tensor, double deviation) {
  const auto n = static_cast<double>(tensor.numel());
  EXPECT_NEAR(Mean(tensor), 0, 5 * deviation / std::sqrt(n));
  EXPECT_NEAR(Deviation(tensor), deviation, 5 * deviation / std::sqrt(n));
}

void ExpectUniform(const at::Tensor& tensor, double bound) {
  ExpectMoments(tensor, bound / std::sqrt(3.0));
  EXPECT_LE(Largest(tensor), bound);
  EXPECT_GT(Largest(tensor), 0.9 * bound);
}

namespace nn = torch::nn;

// One of every layer of torch::nn that has tensors.
std::vector<std::shared_ptr<nn::Module>> EveryLayer() {
  const auto norm = nn::InstanceNormOptions(4).affine(true).track_running_stats(true);
  const auto attention = nn::MultiheadAttentionOptions(8, 2);
  const auto recurrent = nn::LSTMOptions(3, 4).num_layers(2).bidirectional(true);
  return {nn::Conv1d(2, 4, 3).ptr(),
          nn::Conv2d(2, 4, 3).ptr(),
          nn::Conv3d(2, 4, 3).ptr(),
          nn::ConvTranspose1d(2, 4, 3).ptr(),
          nn::ConvTranspose2d(2, 4, 3).ptr(),
          nn::ConvTranspose3d(2, 4, 3).ptr(),
          nn::BatchNorm1d(4).ptr(),
          nn::BatchNorm2d(4).ptr(),
          nn::BatchNorm3d(4).ptr(),
          nn::InstanceNorm1d(norm).ptr(),
          nn::InstanceNorm2d(norm).ptr(),
          nn::InstanceNorm3d(norm).ptr(),
          nn::LayerNorm(nn::LayerNormOptions({4})).ptr(),
          nn::GroupNorm(2, 4).ptr(),
          nn::Linear(3, 4).ptr(),
          nn::Bilinear(3, 4, 5).ptr(),
          nn::Embedding(nn::EmbeddingOptions(5, 3).padding_idx(1)).ptr(),
          nn::EmbeddingBag(nn::EmbeddingBagOptions(5, 3).padding_idx(1)).ptr(),
          nn::RNN(nn::RNNOptions(3, 4).num_layers(2)).ptr(),
          nn::LSTM(recurrent).ptr(),
          nn::GRU(nn::GRUOptions(3, 4)).ptr(),
          nn::RNNCell(3, 4).ptr(),
          nn::LSTMCell(3, 4).ptr(),
          nn::GRUCell(3, 4).ptr(),
          nn::PReLU(nn::PReLUOptions().num_parameters(3).init(0.125)).ptr(),
          nn::MultiheadAttention(attention).ptr(),
          nn::MultiheadAttention(nn::MultiheadAttentionOptions(attention).kdim(6).vdim(5)).ptr(),
          nn::MultiheadAttention(nn::MultiheadAttentionOptions(attention).add_bias_kv(true)).ptr(),
          nn::Transformer(nn::TransformerOptions(8, 2).dim_feedforward(16)).ptr()};
}

// The numbers of the row of padding are 0, all others are not.
void ExpectPaddingCleared(const at::Tensor& table, int64_t row) {
  EXPECT_EQ(Largest(table[row]), 0);
  EXPECT_EQ(table.count_nonzero().item<int64_t>(), (table.size(0) - 1) * table.size(1));
}

class InitializeTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(7); }
  torch::NoGradGuard no_grad_;
};

TEST_F(InitializeTest, EveryTensorGetsMemoryOfItsOwnAndAFiniteValue) {
  for (const char* name : {"resnet18", "efficientnet_lite0"}) {
    auto model = Make(name).value();
    InitializeForTraining(*model);
    for (const NamedTensor& slot : StateDictOf(*model)) {
      EXPECT_FALSE(IsGhost(slot.tensor)) << slot.name;
      EXPECT_TRUE(slot.tensor.isfinite().all().item<bool>()) << slot.name;
      EXPECT_EQ(slot.tensor.requires_grad(), !slot.buffer) << slot.name;
    }
  }
}

TEST_F(InitializeTest, ResNetHasTorchvisionsValues) {
  auto made = Make("resnet18").value();
  InitializeForTraining(*made);
  auto& model = dynamic_cast<ResNet&>(*made);
  // Normal, sqrt(2 / fan_out).
  ExpectMoments(model.conv1->weight, std::sqrt(2.0 / (64 * 49)));
  ExpectMoments(model.layer4->at<BasicBlock>(1).conv2->weight, std::sqrt(2.0 / (512 * 9)));
  // PyTorch's own for a linear layer: uniform, 1 / sqrt(fan_in).
  ExpectUniform(model.fc->weight, 1 / std::sqrt(512.0));
  EXPECT_LE(Largest(model.fc->bias), 1 / std::sqrt(512.0));
  const auto& norm = model.layer2->at<BasicBlock>(0).bn2;
  EXPECT_EQ(Mean(norm->weight), 1);
  EXPECT_EQ(Largest(norm->bias), 0);
  EXPECT_EQ(Largest(norm->running_mean), 0);
  EXPECT_EQ(Mean(norm->running_var), 1);
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 0);
}

TEST_F(InitializeTest, ZeroInitResidualMakesEachBlockTheIdentity) {
  for (const char* name : {"resnet18", "resnet50"}) {
    auto model = Make(name, {{"zero_init_residual", true}}).value();
    InitializeForTraining(*model);
    for (const auto& module : model->modules()) {
      if (auto* block = module->as<BasicBlock>()) {
        EXPECT_EQ(Largest(block->bn2->weight), 0);
      }
      if (auto* block = module->as<Bottleneck>()) {
        EXPECT_EQ(Largest(block->bn3->weight), 0);
      }
      if (auto* block = module->as<Bottleneck>()) {
        EXPECT_EQ(Mean(block->bn2->weight), 1);
      }
    }
  }
}

TEST_F(InitializeTest, EfficientNetLiteHasPyTorchsOwnValues) {
  auto model = Make("efficientnet_lite0").value();
  InitializeForTraining(*model);
  for (const auto& [name, bound] : {std::pair{"_conv_stem.weight", 1 / std::sqrt(27.0)},
                                    std::pair{"_conv_head.weight", 1 / std::sqrt(320.0)},
                                    std::pair{"_fc.weight", 1 / std::sqrt(1280.0)}}) {
    ExpectUniform(model->named_parameters()[name], bound);
  }
}

TEST_F(InitializeTest, OneLayerCanBeInitialisedAlone) {
  auto made = Make("resnet18", {{"num_classes", 10}}).value();
  auto& model = dynamic_cast<ResNet&>(*made);
  InitializeForTraining(*model.fc);
  EXPECT_FALSE(IsGhost(model.fc->weight));
  EXPECT_TRUE(IsGhost(model.conv1->weight));
}

TEST_F(InitializeTest, EveryLayerOfTorchGetsFiniteValues) {
  for (const auto& layer : EveryLayer()) {
    const std::vector<NamedTensor> before = StateDictOf(*layer);
    ASSERT_FALSE(before.empty()) << layer->name();
    InitializeForTraining(*layer);
    const std::vector<NamedTensor> state = StateDictOf(*layer);
    for (size_t i = 0; i < state.size(); ++i) {
      EXPECT_TRUE(state[i].tensor.isfinite().all().item<bool>())
          << layer->name() << ' ' << state[i].name;
      EXPECT_TRUE(state[i].tensor.is_same(before[i].tensor)) << layer->name();
    }
  }
}

TEST_F(InitializeTest, LayersOfAUsersOwnHavePythonsValues) {
  nn::Conv1d conv(30, 50, 5);
  nn::ConvTranspose2d transposed(20, 40, 3);
  nn::LSTM lstm(nn::LSTMOptions(30, 25).num_layers(2));
  nn::Bilinear bilinear(30, 20, 10);
  nn::PReLU prelu(nn::PReLUOptions().num_parameters(3).init(0.125));
  nn::BatchNorm1d norm(6);
  nn::GroupNorm groups(2, 6);
  nn::Sequential all(conv, transposed, lstm, bilinear, prelu, norm, groups);
  InitializeForTraining(*all);
  ExpectUniform(conv->weight, 1 / std::sqrt(150.0));
  ExpectUniform(transposed->weight, 1 / std::sqrt(360.0));
  ExpectUniform(bilinear->weight, 1 / std::sqrt(30.0));
  for (const auto& parameter : lstm->named_parameters()) {
    if (parameter.value().dim() > 1) ExpectUniform(parameter.value(), 1 / std::sqrt(25.0));
    EXPECT_LE(Largest(parameter.value()), 1 / std::sqrt(25.0)) << parameter.key();
  }
  EXPECT_TRUE(std::get<0>(lstm(at::ones({3, 2, 30}))).isfinite().all().item<bool>());
  EXPECT_EQ(prelu->weight.eq(0.125).sum().item<int64_t>(), 3);
  EXPECT_EQ(Largest(norm->running_mean), 0);
  EXPECT_EQ(Mean(norm->running_var), 1);
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 0);
  EXPECT_EQ(Mean(groups->weight), 1);
  EXPECT_EQ(Largest(groups->bias), 0);
}

TEST_F(InitializeTest, EmbeddingsAreNormalAndZeroForPadding) {
  nn::Embedding embedding(nn::EmbeddingOptions(100, 40).padding_idx(7));
  nn::EmbeddingBag bag(nn::EmbeddingBagOptions(100, 40).padding_idx(7));
  InitializeForTraining(*embedding);
  InitializeForTraining(*bag);
  for (const at::Tensor& table : {embedding->weight, bag->weight}) {
    ExpectPaddingCleared(table, 7);
    ExpectMoments(table.slice(0, 8), 1);
  }
}

TEST_F(InitializeTest, AttentionAndTransformersHaveWhatTheirConstructorsSetLast) {
  nn::MultiheadAttention attention(40, 4);
  InitializeForTraining(*attention);
  ExpectUniform(attention->in_proj_weight, std::sqrt(6.0 / (40 + 120)));
  EXPECT_EQ(Largest(attention->in_proj_bias), 0);
  EXPECT_EQ(Largest(attention->out_proj->bias), 0);
  ExpectUniform(attention->out_proj->weight, 1 / std::sqrt(40.0));

  nn::Transformer transformer(nn::TransformerOptions(40, 4).dim_feedforward(60));
  InitializeForTraining(*transformer);
  for (const auto& parameter : transformer->named_parameters()) {
    const at::Tensor& tensor = parameter.value();
    if (tensor.dim() < 2) continue;
    const auto sides = static_cast<double>(tensor.size(0) + tensor.size(1));
    ExpectUniform(tensor, std::sqrt(6.0 / sides));
  }
}

TEST_F(InitializeTest, AParameterThatNoLayerOwnsIsNan) {
  nn::Module own;
  own.register_parameter("scale", at::ones({3}));
  InitializeForTraining(own);
  EXPECT_TRUE(own.parameters()[0].isnan().all().item<bool>());
}

TEST_F(InitializeTest, AModelTrainsFromTheStart) {
  at::AutoGradMode grad(true);
  auto model = Make("resnet18", {{"num_classes", 2}}).value();
  InitializeForTraining(*model);
  model->forward(at::ones({2, 3, 32, 32})).sum().backward();
  for (const at::Tensor& parameter : model->parameters()) {
    EXPECT_TRUE(parameter.grad().defined());
  }
}

}  // namespace
}  // namespace zoo::models
