#include "zoo/models/blocks.h"

#include <ATen/Context.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu6.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/dropout.h>
#include <torch/utils.h>

#include <cmath>
#include <string>
#include <vector>

#include "zoo/models/initialize.h"
#include "zoo/models/state_dict.h"

namespace zoo::models {
namespace {

std::vector<std::string> Names(const torch::nn::Module& module) {
  std::vector<std::string> names;
  for (const NamedTensor& slot : StateDictOf(module)) names.push_back(slot.name);
  return names;
}

TEST(BlocksTest, ChannelsAreRoundedButNeverByMoreThanATenthDown) {
  struct Row {
    double channels;
    int64_t divisor, expected;
  };
  const Row rows[] = {
      {32, 8, 32},      {35.9, 8, 40}, {36, 8, 40},   {35.2, 8, 32}, {1, 8, 8},
      {11, 8, 16},      {12, 8, 16},   {16.4, 8, 16}, {17.6, 8, 16}, {17.8, 8, 24},
      {152.4, 24, 144}, {3, 1, 3},     {2.6, 1, 3},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(RoundChannels(row.channels, row.divisor), row.expected)
        << row.channels << " " << row.divisor;
  }
}

TEST(BlocksTest, ChainsStandInChainsAndRunInPart) {
  torch::NoGradGuard no_grad;
  Chain inner(StochasticDepth(0.5), torch::nn::Dropout(0.5));
  Chain outer(inner, ConvNormActivation({.in = 3, .out = 4}), StochasticDepth(1));
  EXPECT_EQ(Names(*outer)[0], "1.0.weight");
  InitializeForTraining(*outer);
  outer->eval();
  const at::Tensor x = at::randn({2, 3, 5, 5});
  EXPECT_EQ(outer->forward(x).sizes(), (std::vector<int64_t>{2, 4, 5, 5}));
  EXPECT_TRUE(at::equal(outer->Run(x, 0, 1), x));
  EXPECT_TRUE(at::equal(outer->Run(outer->Run(x, 0, 1), 1, 3), outer->forward(x)));
  EXPECT_TRUE(at::equal(outer->Run(x, 2, 2), x));
}

TEST(BlocksTest, ConvNormActivationIsPaddedToKeepTheSize) {
  torch::NoGradGuard no_grad;
  ConvNormActivation block({.in = 2,
                            .out = 4,
                            .kernel = 5,
                            .groups = 2,
                            .dilation = 2,
                            .norm = {.eps = 1e-3, .momentum = 0.01},
                            .activation = at::relu6_});
  EXPECT_EQ(Names(*block),
            (std::vector<std::string>{"0.weight", "1.weight", "1.bias", "1.running_mean",
                                      "1.running_var", "1.num_batches_tracked"}));
  EXPECT_EQ(block->norm->options.eps(), 1e-3);
  EXPECT_EQ(block->norm->options.momentum(), 0.01);
  InitializeForTraining(*block);
  block->eval();
  const at::Tensor x = 100 * at::randn({2, 2, 9, 9});
  const at::Tensor y = block->forward(x);
  EXPECT_EQ(y.sizes(), (std::vector<int64_t>{2, 4, 9, 9}));
  EXPECT_TRUE(at::equal(y, at::relu6(block->norm(block->conv(x)))));
  ConvNormActivation linear({.in = 2, .out = 4, .activation = nullptr});
  InitializeForTraining(*linear);
  EXPECT_LT(linear->forward(x).min().item<float>(), 0);
}

TEST(BlocksTest, SqueezeExcitationScalesChannels) {
  torch::NoGradGuard no_grad;
  SqueezeExcitation block({.channels = 8, .squeezed = 2});
  EXPECT_EQ(Names(*block),
            (std::vector<std::string>{"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}));
  InitializeForTraining(*block);
  const at::Tensor x = at::randn({2, 8, 3, 3});
  const at::Tensor squeezed = block->fc1(x.mean({2, 3}, true)).relu();
  EXPECT_TRUE(block->forward(x).allclose(x * block->fc2(squeezed).sigmoid()));
}

TEST(BlocksTest, StochasticDepthDropsRowsOrBatchesWhileTraining) {
  torch::NoGradGuard no_grad;
  at::manual_seed(3);
  constexpr int64_t kSamples = 2000;
  constexpr double kRate = 0.2;
  const at::Tensor x = at::ones({kSamples, 2, 3});
  StochasticDepth rows(kRate), batch(kRate, StochasticDepthImpl::Mode::kBatch), all(1);
  const at::Tensor y = rows->forward(x);
  const at::Tensor kept = y.flatten(1).amax(1) > 0;
  EXPECT_NEAR(kept.sum().item<double>(), kSamples * (1 - kRate),
              5 * std::sqrt(kSamples * kRate * (1 - kRate)));
  EXPECT_TRUE(y.allclose(kept.to(at::kFloat).view({kSamples, 1, 1}).expand_as(y) / (1 - kRate)));
  int64_t batches = 0;
  for (int64_t i = 0; i < kSamples; ++i) {
    const at::Tensor z = batch->forward(x.slice(0, 0, 2));
    EXPECT_TRUE(at::equal(z.amin(), z.amax()));
    batches += z.max().item<float>() > 0;
  }
  EXPECT_NEAR(static_cast<double>(batches), kSamples * (1 - kRate),
              5 * std::sqrt(kSamples * kRate * (1 - kRate)));
  EXPECT_EQ(all->forward(x).abs().max().item<float>(), 0);
  rows->eval();
  EXPECT_TRUE(at::equal(rows->forward(x), x));
}

}  // namespace
}  // namespace zoo::models
