#include "zoo/models/layers.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <sstream>
#include <string>
#include <vector>

namespace zoo::models {
namespace {

using torch::nn::BatchNormOptions;
using torch::nn::Conv2dOptions;
using torch::nn::LayerNormOptions;
using torch::nn::LinearOptions;

bool AllNan(const at::Tensor& tensor) { return tensor.isnan().all().item<bool>(); }

std::string Print(const torch::nn::Module& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

// Names, shapes, dtypes, gradients and printing are those of the plain layer, and after taking over
// its values so is what it computes.
void ExpectLikePlain(torch::nn::Module& ours, torch::nn::Module& plain) {
  EXPECT_EQ(Print(ours), Print(plain));
  const auto compare = [](const auto& our_items, const auto& plain_items) {
    ASSERT_EQ(our_items.size(), plain_items.size());
    for (size_t i = 0; i < our_items.size(); ++i) {
      EXPECT_EQ(our_items[i].key(), plain_items[i].key());
      at::Tensor tensor = our_items[i].value();
      const at::Tensor& expected = plain_items[i].value();
      EXPECT_EQ(tensor.sizes(), expected.sizes());
      EXPECT_EQ(tensor.scalar_type(), expected.scalar_type());
      EXPECT_EQ(tensor.requires_grad(), expected.requires_grad());
      tensor.set_data(expected.detach());
    }
  };
  compare(ours.named_parameters(), plain.named_parameters());
  compare(ours.named_buffers(), plain.named_buffers());
}

TEST(LayersTest, ConvolutionsEqualPlainOnes) {
  torch::NoGradGuard no_grad;
  const Conv2dOptions rows[] = {
      Conv2dOptions(8, 16, 3),
      Conv2dOptions(8, 16, {3, 5}).stride({2, 1}).padding({1, 2}).bias(false),
      Conv2dOptions(8, 8, 3).groups(8),
      Conv2dOptions(8, 16, 3).groups(4).dilation(2).padding(2).padding_mode(torch::kReflect),
      Conv2dOptions(8, 16, 5).padding(torch::kSame).padding_mode(torch::kCircular),
  };
  const at::Tensor x = at::randn({2, 8, 12, 12});
  for (const Conv2dOptions& options : rows) {
    torch::nn::Conv2d ours = MakeConv2d(options), plain(options);
    ExpectLikePlain(*ours, *plain);
    EXPECT_TRUE(at::equal(ours(x), plain(x))) << Print(*plain);
  }
}

TEST(LayersTest, DepthwiseConvolutionsTakeNoMemoryEither) {
  const int64_t channels = int64_t{1} << 40;
  torch::nn::Conv2d conv = MakeConv2d(Conv2dOptions(channels, channels, 3).groups(channels));
  EXPECT_EQ(conv->weight.sizes(), (std::vector<int64_t>{channels, 1, 3, 3}));
  EXPECT_EQ(conv->weight.storage().nbytes(), sizeof(float));
  EXPECT_EQ(conv->options.groups(), channels);
}

TEST(LayersTest, OtherLayersEqualPlainOnes) {
  torch::NoGradGuard no_grad;
  {
    const auto options = BatchNormOptions(8).eps(1e-3).momentum(0.01);
    torch::nn::BatchNorm2d ours = MakeBatchNorm2d(options), plain(options);
    ExpectLikePlain(*ours, *plain);
    const at::Tensor x = at::randn({2, 8, 3, 3});
    EXPECT_TRUE(at::equal(ours(x), plain(x)));
  }
  for (const bool bias : {true, false}) {
    const auto options = LinearOptions(8, 5).bias(bias);
    torch::nn::Linear ours = MakeLinear(options), plain(options);
    ExpectLikePlain(*ours, *plain);
    const at::Tensor x = at::randn({2, 8});
    EXPECT_TRUE(at::equal(ours(x), plain(x)));
  }
  {
    const auto options = LayerNormOptions({4, 8}).eps(1e-6);
    torch::nn::LayerNorm ours = MakeLayerNorm(options), plain(options);
    ExpectLikePlain(*ours, *plain);
    const at::Tensor x = at::randn({2, 4, 8});
    EXPECT_TRUE(at::equal(ours(x), plain(x)));
  }
}

TEST(LayersTest, UnloadedLayersComputeNan) {
  torch::NoGradGuard no_grad;
  EXPECT_TRUE(AllNan(MakeConv2d(Conv2dOptions(3, 8, 3))(at::ones({1, 3, 9, 9}))));
  EXPECT_TRUE(AllNan(MakeLinear({4, 2})(at::ones({1, 4}))));
  EXPECT_TRUE(AllNan(MakeLayerNorm(LayerNormOptions({4}))(at::ones({1, 4}))));
  auto norm = MakeBatchNorm2d(4);
  norm->eval();
  EXPECT_TRUE(AllNan(norm(at::ones({1, 4, 2, 2}))));
}

TEST(LayersTest, GhostsHaveAShapeAndOneNumberOfMemory) {
  const at::Tensor ghost = Ghost({1000, 2048});
  EXPECT_EQ(ghost.sizes(), (std::vector<int64_t>{1000, 2048}));
  EXPECT_EQ(ghost.storage().nbytes(), sizeof(float));
  EXPECT_TRUE(IsGhost(ghost));
  EXPECT_FALSE(IsGhost(at::ones({2, 2})));
  EXPECT_FALSE(IsGhost(at::ones({1}).expand({1, 1})));
  EXPECT_TRUE(AllNan(Ghost({2}, at::kHalf)));
  EXPECT_EQ(Ghost({2}, at::kLong)[1].item<int64_t>(), -1);
  EXPECT_FALSE(Ghost({2}, at::kBool)[1].item<bool>());
}

TEST(LayersTest, FillingOneGhostLeavesOthersAlone) {
  torch::NoGradGuard no_grad;
  auto one = MakeLinear({4, 4}), other = MakeLinear({4, 4});
  one->weight.fill_(1);
  EXPECT_TRUE(AllNan(other->weight));
  EXPECT_TRUE(AllNan(one->bias));
}

TEST(LayersTest, LayersTrainOnceTheyHaveValues) {
  auto linear = MakeLinear({4, 2});
  linear->weight.set_data(at::ones({2, 4}));
  linear->bias.set_data(at::ones({2}));
  linear(at::ones({1, 4})).sum().backward();
  EXPECT_TRUE(linear->weight.is_leaf());
  EXPECT_TRUE(at::equal(linear->weight.grad(), at::ones({2, 4})));
}

}  // namespace
}  // namespace zoo::models
