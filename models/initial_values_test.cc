#include "zoo/models/initial_values.h"

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/initialize.h"
#include "zoo/models/state_dict.h"

namespace zoo::models {
namespace {

// Within five standard errors, of n independent numbers, of what the distribution says.
void ExpectMoments(const at::Tensor& tensor, double deviation) {
  const double error = 5 * deviation / std::sqrt(static_cast<double>(tensor.numel()));
  EXPECT_NEAR(tensor.mean().item<double>(), 0, error);
  EXPECT_NEAR(tensor.std().item<double>(), deviation, error);
}

TEST(InitialValuesTest, TruncNormalIsANormalDistributionThatIsCut) {
  at::manual_seed(1);
  const at::Tensor x = at::empty({100'000});
  TruncNormal(x, 0.02);
  ExpectMoments(x, 0.02);
  EXPECT_NEAR((x.abs() < 0.02).to(at::kFloat).mean().item<double>(), 0.6827, 0.01);
  TruncNormal(x, 1, -1, 1);
  ExpectMoments(x, 0.53956);
  EXPECT_LE(x.abs().max().item<double>(), 1);
  TruncNormal(x, 1, 0, 3);
  EXPECT_GE(x.min().item<double>(), 0);
  EXPECT_NEAR(x.mean().item<double>(), 0.7911, 0.01);
}

enum class Kind { kNormal, kUniform, kAll };

struct Row {
  const char* name;
  Kind kind;
  double number;  // standard deviation, bound, or what all values are
};

struct Net {
  const char* name;
  std::vector<Row> rows;
  Json::Object options = {};
};

double Root(double x) { return std::sqrt(x); }

// What torchvision's constructors leave in tensors of each kind.
const Net kNets[] = {
    {"alexnet",
     {{"features.0.weight", Kind::kUniform, Root(1.0 / (3 * 121))},
      {"classifier.1.weight", Kind::kUniform, Root(1.0 / 9216)}}},
    {"vgg11_bn",
     {{"features.0.weight", Kind::kNormal, Root(2.0 / (64 * 9))},
      {"features.0.bias", Kind::kAll, 0},
      {"features.1.weight", Kind::kAll, 1},
      {"classifier.3.weight", Kind::kNormal, 0.01},
      {"classifier.6.bias", Kind::kAll, 0}}},
    {"squeezenet1_1",
     {{"features.3.squeeze.weight", Kind::kUniform, Root(6.0 / 64)},
      {"features.3.squeeze.bias", Kind::kAll, 0},
      {"classifier.1.weight", Kind::kNormal, 0.01},
      {"classifier.1.bias", Kind::kAll, 0}}},
    {"densenet121",
     {{"features.conv0.weight", Kind::kNormal, Root(2.0 / (3 * 49))},
      {"classifier.weight", Kind::kUniform, Root(1.0 / 1024)},
      {"classifier.bias", Kind::kAll, 0}}},
    {"googlenet",
     {{"conv1.conv.weight", Kind::kNormal, 0.01},
      {"aux1.fc1.weight", Kind::kNormal, 0.01},
      {"fc.weight", Kind::kNormal, 0.01},
      {"fc.bias", Kind::kUniform, Root(1.0 / 1024)}}},
    {"inception_v3",
     {{"Conv2d_1a_3x3.conv.weight", Kind::kNormal, 0.1},
      {"AuxLogits.conv1.conv.weight", Kind::kNormal, 0.1},
      {"AuxLogits.fc.weight", Kind::kNormal, 0.001},
      {"fc.weight", Kind::kNormal, 0.1}}},
    {"shufflenet_v2_x0_5",
     {{"conv1.0.weight", Kind::kUniform, Root(1.0 / 27)},
      {"fc.weight", Kind::kUniform, Root(1.0 / 1024)}}},
    {"mobilenet_v2",
     {{"features.0.0.weight", Kind::kNormal, Root(2.0 / (32 * 9))},
      {"features.2.conv.1.0.weight", Kind::kNormal, Root(2.0 / (96 * 9))},
      {"classifier.1.weight", Kind::kNormal, 0.01},
      {"classifier.1.bias", Kind::kAll, 0}}},
    {"mobilenet_v3_small",
     {{"features.0.0.weight", Kind::kNormal, Root(2.0 / (16 * 9))},
      {"features.1.block.1.fc1.bias", Kind::kAll, 0},
      {"classifier.0.weight", Kind::kNormal, 0.01},
      {"classifier.3.bias", Kind::kAll, 0}}},
    {"mnasnet1_0",
     {{"layers.0.weight", Kind::kNormal, Root(2.0 / (32 * 9))},
      {"classifier.1.weight", Kind::kUniform, Root(3.0 / 1000)},
      {"classifier.1.bias", Kind::kAll, 0}}},
    {"efficientnet_b0",
     {{"features.0.0.weight", Kind::kNormal, Root(2.0 / (32 * 9))},
      {"features.1.0.block.1.fc1.bias", Kind::kAll, 0},
      {"classifier.1.weight", Kind::kUniform, Root(1.0 / 1000)},
      {"classifier.1.bias", Kind::kAll, 0}}},
    {"regnet_y_400mf",
     {{"stem.0.weight", Kind::kNormal, Root(2.0 / (32 * 9))},
      {"trunk_output.block1.block1-0.f.se.fc2.bias", Kind::kUniform, Root(1.0 / 8)},
      {"fc.weight", Kind::kNormal, 0.01},
      {"fc.bias", Kind::kAll, 0}}},
    {"vgg11_bn",
     {{"features.0.weight", Kind::kUniform, Root(1.0 / 27)},
      {"classifier.3.weight", Kind::kUniform, Root(1.0 / 4096)}},
     {{"init_weights", false}}},
    {"googlenet",
     {{"conv1.conv.weight", Kind::kUniform, Root(1.0 / (3 * 49))},
      {"fc.weight", Kind::kUniform, Root(1.0 / 1024)}},
     {{"init_weights", false}}},
    {"inception_v3",
     {{"AuxLogits.fc.weight", Kind::kUniform, Root(1.0 / 768)},
      {"fc.weight", Kind::kUniform, Root(1.0 / 2048)}},
     {{"init_weights", false}}},
    {"convnext_tiny",
     {{"features.0.0.weight", Kind::kNormal, 0.02},
      {"features.0.0.bias", Kind::kAll, 0},
      {"features.1.0.layer_scale", Kind::kAll, 1e-6f},
      {"classifier.2.weight", Kind::kNormal, 0.02},
      {"classifier.2.bias", Kind::kAll, 0}}},
    {"swin_v2_t",
     {{"features.0.0.weight", Kind::kUniform, Root(1.0 / 48)},
      {"features.1.0.attn.qkv.weight", Kind::kNormal, 0.02},
      {"features.1.0.mlp.0.bias", Kind::kAll, 0},
      {"head.weight", Kind::kNormal, 0.02}}},
    {"maxvit_t",
     {{"stem.1.0.weight", Kind::kNormal, 0.02},
      {"stem.1.0.bias", Kind::kAll, 0},
      {"classifier.5.weight", Kind::kNormal, 0.02}}},
    {"vit_b_32",
     {{"class_token", Kind::kAll, 0},
      {"conv_proj.weight", Kind::kNormal, Root(1.0 / (3 * 32 * 32))},
      {"conv_proj.bias", Kind::kAll, 0},
      {"encoder.pos_embedding", Kind::kNormal, 0.02},
      {"encoder.layers.encoder_layer_0.mlp.0.weight", Kind::kUniform, Root(6.0 / (768 + 3072))},
      {"heads.head.weight", Kind::kAll, 0}}},
    {"vit_b_32",
     {{"conv_proj.conv_bn_relu_0.0.weight", Kind::kUniform, Root(1.0 / (3 * 49))},
      {"conv_proj.conv_last.weight", Kind::kNormal, Root(2.0 / 768)},
      {"conv_proj.conv_last.bias", Kind::kAll, 0},
      {"heads.pre_logits.weight", Kind::kNormal, Root(1.0 / 768)}},
     {{"conv_stem_configs", Json::Array{Json::Array{64, 7, 8}, Json::Array{32, 3, 4}}},
      {"representation_size", 32}}},
};

void ExpectRow(const at::Tensor& tensor, const Row& row) {
  SCOPED_TRACE(row.name);
  const double largest = tensor.abs().max().item<double>();
  switch (row.kind) {
    case Kind::kNormal:
      ExpectMoments(tensor, row.number);
      break;
    case Kind::kUniform:
      ExpectMoments(tensor, row.number / Root(3));
      EXPECT_LE(largest, row.number * (1 + 1e-6));  // which is rounded to float
      EXPECT_GT(largest, 0.9 * row.number);
      break;
    case Kind::kAll:
      EXPECT_TRUE((tensor == row.number).all().item<bool>());
      break;
  }
}

TEST(InitialValuesTest, FamiliesHaveTorchvisionsValues) {
  torch::NoGradGuard no_grad;
  for (const Net& net : kNets) {
    SCOPED_TRACE(net.name);
    at::manual_seed(7);
    auto model = Make(net.name, net.options).value();
    InitializeForTraining(*model);
    size_t found = 0;
    for (const NamedTensor& slot : StateDictOf(*model)) {
      EXPECT_TRUE(slot.tensor.isfinite().all().item<bool>()) << slot.name;
      for (const Row& row : net.rows) {
        if (slot.name != row.name) continue;
        ExpectRow(slot.tensor, row);
        ++found;
      }
    }
    EXPECT_EQ(found, net.rows.size());
  }
}

}  // namespace
}  // namespace zoo::models
