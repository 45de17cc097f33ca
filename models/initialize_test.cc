#include "zoo/models/initialize.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/utils.h>

#include <cmath>
#include <memory>

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
