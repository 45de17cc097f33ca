#include "zoo/models/efficientnet_lite.h"

#include <ATen/Context.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/models/initialize.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/golden_file.h"

namespace zoo::models {
namespace {

const Json& Facts() {
  static const Json* facts = new Json(ReadGoldenFile("tests/data/efficientnet_lite.json"));
  return *facts;
}

// Zeros before and after, wherever the convolution keeps them.
std::pair<int64_t, int64_t> Padding(const SameConv2d& same) {
  const auto& own = std::get<torch::ExpandingArray<2>>(same.conv->options.padding());
  return {same.before + own->at(0), same.after + own->at(0)};
}

void ExpectConv(const SameConv2d& same, const Json& facts, std::string_view in,
                std::string_view out) {
  EXPECT_EQ(same.conv->options.in_channels(), *At(facts, {in}).AsInt64());
  EXPECT_EQ(same.conv->options.out_channels(), *At(facts, {out}).AsInt64());
}

TEST(EfficientNetLiteTest, BlocksAreThoseOfThePythonPackage) {
  for (size_t i = 0; i < 3; ++i) {
    const EfficientNetLite model(kEfficientNetLiteVariants[i]);
    const Json& facts = At(Facts(), {"lite" + std::to_string(i)});
    ExpectConv(model.conv_stem, At(facts, {"stem"}), "cin", "cout");
    ExpectConv(model.conv_head, At(facts, {"head"}), "cin", "cout");
    EXPECT_EQ(kEfficientNetLiteVariants[i].dropout, *At(facts, {"dropout"}).AsDouble());
    const Json::Array& blocks = *At(facts, {"blocks"}).AsArray();
    ASSERT_EQ(model.blocks->size(), blocks.size());
    for (size_t b = 0; b < blocks.size(); ++b) {
      SCOPED_TRACE(i * 100 + b);
      auto& block = model.blocks->at<MBConvBlock>(b);
      ExpectConv(block.depthwise_conv, blocks[b], "cmid", "cmid");
      ExpectConv(block.project_conv, blocks[b], "cmid", "cout");
      EXPECT_EQ(block.bn0.is_empty(), *At(blocks[b], {"expand"}).AsInt64() == 1);
      if (block.bn0) ExpectConv(block.expand_conv, blocks[b], "cin", "cmid");
      const auto& depthwise = block.depthwise_conv.conv->options;
      EXPECT_EQ(depthwise.kernel_size()->at(0), *At(blocks[b], {"k"}).AsInt64());
      EXPECT_EQ(depthwise.stride()->at(0), *At(blocks[b], {"s"}).AsInt64());
      const std::vector<int64_t> pad = Ints(At(blocks[b], {"pad"}));
      EXPECT_EQ(Padding(block.depthwise_conv), (std::pair{pad[0], pad[1]}));
      EXPECT_EQ(block.bn1->options.eps(), 1e-3);
      EXPECT_EQ(block.bn1->options.momentum(), 0.01);
    }
  }
}

TEST(EfficientNetLiteTest, KeysAndTheirOrderAreThoseOfTheCheckpoint) {
  const EfficientNetLite model(kEfficientNetLiteVariants[0]);
  const std::vector<NamedTensor> state = StateDictOf(model);
  const Json::Array& keys = *At(Facts(), {"keys_lite0"}).AsArray();
  ASSERT_EQ(state.size(), keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    const Json::Array& key = *keys[i].AsArray();
    EXPECT_EQ(state[i].name, Text(key[0]));
    EXPECT_EQ(state[i].tensor.scalar_type(), Text(key[1]) == "f32" ? at::kFloat : at::kLong);
    EXPECT_EQ(state[i].tensor.sizes().vec(), Ints(key[2]));
  }
}

// The two sizes that no published package has: channels and repeats by the scaling rule.
TEST(EfficientNetLiteTest, Lite3And4FollowTheScalingRule) {
  struct Row {
    size_t variant, blocks;
    int64_t last, size;
  };
  for (const Row& row : {Row{3, 24, 384, 280}, Row{4, 30, 448, 300}}) {
    const EfficientNetLiteVariant& variant = kEfficientNetLiteVariants[row.variant];
    const EfficientNetLite model(variant);
    EXPECT_EQ(variant.size, row.size);
    EXPECT_EQ(model.blocks->size(), row.blocks);
    EXPECT_EQ(model.conv_stem.conv->options.out_channels(), 32);
    EXPECT_EQ(model.conv_head.conv->options.in_channels(), row.last);
    EXPECT_EQ(model.conv_head.conv->options.out_channels(), 1280);
  }
}

MBConvBlock MakeBlock(double drop_rate) {
  MBConvBlock block({.in = 8,
                     .out = 8,
                     .kernel = 3,
                     .stride = 1,
                     .expand = 6,
                     .size = 4,
                     .drop_rate = drop_rate});
  InitializeForTraining(block);
  return block;
}

TEST(EfficientNetLiteTest, StochasticDepthDropsWholeSamplesAndScalesTheRest) {
  torch::NoGradGuard no_grad;
  at::manual_seed(3);
  constexpr int64_t kSamples = 2000;
  constexpr double kRate = 0.2;
  MBConvBlock block = MakeBlock(kRate);
  // One sample many times: batch statistics are then those of the sample, and every branch equal.
  const at::Tensor x = at::randn({1, 8, 4, 4}).expand({kSamples, 8, 4, 4});
  const at::Tensor branch = (block.forward(x) - x).flatten(1);
  const at::Tensor kept = branch.abs().amax(1) > 0;
  const auto count = kept.sum().item<int64_t>();
  EXPECT_NEAR(static_cast<double>(count), kSamples * (1 - kRate),
              5 * std::sqrt(kSamples * kRate * (1 - kRate)));
  MBConvBlock always = MakeBlock(0);
  for (auto [from, to] = std::pair{StateDictOf(block), StateDictOf(always)}; !from.empty();) {
    to.back().tensor.set_data(from.back().tensor.detach());
    from.pop_back();
    to.pop_back();
  }
  const at::Tensor whole = (always.forward(x) - x).flatten(1)[0] / (1 - kRate);
  for (int64_t i = 0; i < kSamples; ++i) {
    if (kept[i].item<bool>()) {
      EXPECT_TRUE(branch[i].allclose(whole, 1e-4, 1e-5)) << i;
    }
  }
}

TEST(EfficientNetLiteTest, EvalIsDeterministicAndTrainingIsNot) {
  torch::NoGradGuard no_grad;
  at::manual_seed(3);
  EfficientNetLite model(kEfficientNetLiteVariants[0], {.num_classes = 10});
  InitializeForTraining(model);
  const at::Tensor x = at::randn({2, 3, 64, 64});
  model.train();
  EXPECT_FALSE(at::equal(model.forward(x), model.forward(x)));
  model.eval();
  EXPECT_TRUE(at::equal(model.forward(x), model.forward(x)));
}

}  // namespace
}  // namespace zoo::models
