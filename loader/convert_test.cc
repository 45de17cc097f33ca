// Weights of another type or on another device than the module's.
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/load_options.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/layers.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/saved_module.h"
#include "zoo/tests/support/small_net.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

TEST(ConvertTest, FloatingTensorsTakeTheTypeAndCountsKeepTheirs) {
  SmallNet exact;
  LoadInto(exact, OpenFile(LoaderFile("small.pth"))).value();
  for (const at::ScalarType dtype : {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    SmallNet net;
    const LoadReport report =
        LoadInto(net, OpenFile(LoaderFile("small.pth"), /*immutable=*/true), {.dtype = dtype})
            .value();
    EXPECT_EQ(report.placed, 8u);
    EXPECT_EQ(report.cast.size(), dtype == at::kFloat ? 0u : 7u);
    EXPECT_EQ(report.mapped, dtype == at::kFloat ? 8u : 1u);
    const auto state = models::StateDictOf(net), expected = models::StateDictOf(exact);
    for (size_t i = 0; i < state.size(); ++i) {
      const bool count = state[i].name == "bn.num_batches_tracked";
      EXPECT_EQ(state[i].tensor.scalar_type(), count ? at::kLong : dtype) << state[i].name;
      EXPECT_TRUE(at::equal(state[i].tensor, expected[i].tensor.to(count ? at::kLong : dtype)));
      EXPECT_EQ(state[i].tensor.requires_grad(), !state[i].buffer);
      EXPECT_TRUE(state[i].tensor.is_leaf());
    }
    EXPECT_EQ(net.bn->num_batches_tracked.item<int64_t>(), 7);
  }
}

TEST(ConvertTest, TheReportNamesBothTypes) {
  SmallNet net;
  const auto half = OpenFile(LoaderFile("half.pth"));
  EXPECT_EQ(LoadInto(net, half, {.dtype = at::kBFloat16}).value().cast[0],
            "conv.weight: float16 -> bfloat16");
}

TEST(ConvertTest, NumbersAreNotRoundedOnTheirWay) {
  const TempDir folder;
  const auto file = folder.path() / "exact.pth";
  SmallNet source, net;
  FillWithNumbers(source);
  source.fc->weight.set_data(source.fc->weight.detach().to(at::kDouble) + 1e-12);
  SaveWeights(source, file, at::kDouble);
  const LoadReport report =
      LoadInto(net, OpenFile(file, /*immutable=*/true), {.dtype = at::kDouble}).value();
  EXPECT_TRUE(report.cast.empty());
  EXPECT_EQ(report.mapped, 8u);
  EXPECT_TRUE(at::equal(net.fc->weight, source.fc->weight));
  EXPECT_EQ(net.fc->weight[0][0].item<double>(), 0.25 + 1e-12);
}

TEST(ConvertTest, WhatTheFileDoesNotFillTakesTheTypeToo) {
  SmallNet net(4);
  const LoadOptions options = {
      .dtype = at::kDouble, .ignore_missing = {"fc.*"}, .ignore_unexpected = {"fc.*"}};
  LoadInto(net, OpenFile(LoaderFile("five_classes.pth")), options).value();
  EXPECT_EQ(net.fc->weight.scalar_type(), at::kDouble);
  EXPECT_TRUE(models::IsGhost(net.fc->weight));
  EXPECT_TRUE(net.fc->weight.requires_grad());

  SmallNet old;
  LoadInto(old, OpenFile(LoaderFile("old.pth")), {.dtype = at::kHalf}).value();
  EXPECT_EQ(old.bn->num_batches_tracked.scalar_type(), at::kLong);
  EXPECT_EQ(old.bn->running_mean.scalar_type(), at::kHalf);

  const TempDir folder;
  auto source = models::Make("squeezenet1_1").value();
  auto model = models::Make("squeezenet1_1", {{"num_classes", 7}}).value();
  FillWithNumbers(*source);
  SaveWeights(*source, folder.path() / "saved.pth");
  LoadInto(*model, OpenFile(folder.path() / "saved.pth"),
           {.head = Head::kFresh, .dtype = at::kDouble})
      .value();
  for (const at::Tensor& parameter : model->parameters()) {
    EXPECT_EQ(parameter.scalar_type(), at::kDouble);
    EXPECT_TRUE(parameter.isfinite().all().item<bool>());
  }
}

TEST(ConvertTest, AModuleThatLibTorchConvertedTakesTheTypeAsAWhole) {
  SmallNet net;
  FillWithNumbers(net);
  net.to(at::kDouble);  // num_batches_tracked too
  LoadInto(net, OpenFile(LoaderFile("small.pth")), {.dtype = at::kFloat}).value();
  EXPECT_EQ(net.fc->weight.scalar_type(), at::kFloat);
  EXPECT_EQ(net.bn->num_batches_tracked.item<double>(), 7);
}

// What a module of whole numbers gives and takes once LibTorch's Module::to(dtype) has gone over
// it.
TEST(ConvertTest, WholeNumbersMayStandInAFloatingPlace) {
  const TempDir folder;
  const auto file = folder.path() / "half.pth";
  SmallNet source;
  FillWithNumbers(source);
  source.to(at::kHalf);
  SaveWeights(source, file, at::kHalf);
  SmallNet net, half;
  const LoadReport report = LoadInto(net, OpenFile(file), {.cast_floating = true}).value();
  EXPECT_EQ(report.cast.size(), 8u);
  EXPECT_EQ(net.bn->num_batches_tracked.scalar_type(), at::kLong);
  EXPECT_EQ(net.bn->num_batches_tracked.item<int64_t>(), 3);
  EXPECT_EQ(LoadInto(half, OpenFile(file), {.dtype = at::kHalf}).value().cast,
            std::vector<std::string>{"bn.num_batches_tracked: float16 -> int64"});
  const auto refused = LoadInto(half, OpenFile(file));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().Text().find("To convert floating types pass cast_floating = true"),
            std::string::npos)
      << refused.error().Text();
}

TEST(ConvertTest, FloatingNumbersBecomeWholeOnesOnlyIfTheyAre) {
  struct Indexed : torch::nn::Module {
    explicit Indexed(const at::Tensor& index) : torch::nn::Module("indexed") {
      place = register_buffer("index", index);
    }
    at::Tensor place;
  };
  const TempDir folder;
  const auto file = folder.path() / "index.pth";
  const at::Tensor whole = at::tensor({0, -1, 3, 4096}, at::kLong).view({2, 2});
  for (const at::ScalarType dtype : {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    SaveWeights(Indexed(whole.to(dtype)), file, dtype);
    Indexed net(at::zeros({2, 2}, at::kLong));
    LoadInto(net, OpenFile(file), {.cast_floating = true}).value();
    EXPECT_TRUE(at::equal(net.place, whole));
    SaveWeights(Indexed(whole), file);
    Indexed floating(at::zeros({2, 2}, dtype));
    LoadInto(floating, OpenFile(file), {.cast_floating = true}).value();
    EXPECT_TRUE(at::equal(floating.place, whole.to(dtype)));
  }
  for (const double other : {0.5, 9223372036854775808.0, -1e300, double{INFINITY}, double{NAN}}) {
    at::Tensor numbers = whole.to(at::kDouble);
    numbers[1][0] = other;
    SaveWeights(Indexed(numbers), file, at::kDouble);
    Indexed net(at::zeros({2, 2}, at::kLong));
    const auto refused = LoadInto(net, OpenFile(file), {.cast_floating = true});
    ASSERT_FALSE(refused) << other;
    EXPECT_EQ(refused.error(), (Error{ErrorCode::kMismatch,
                                      file.string() + " does not fit indexed: wrong dtype index "
                                                      "(file float64, module int64)",
                                      ""}));
    EXPECT_TRUE(at::equal(net.place, at::zeros({2, 2}, at::kLong)));
  }
}

TEST(ConvertTest, OfATensorWithTwoNamesTheFileMayKnowOne) {
  struct Tied : torch::nn::Module {
    explicit Tied(const std::vector<std::string>& names) {
      for (const std::string& name : names) register_parameter(name, tensor);
    }
    at::Tensor tensor = models::Ghost({2, 3});
  };
  const TempDir folder;
  const auto file = folder.path() / "one.pth";
  Tied source({"embedding"}), net({"embedding", "projection"});
  FillWithNumbers(source);
  SaveWeights(source, file);
  LoadInto(net, OpenFile(file), {.dtype = at::kDouble, .ignore_missing = {"projection"}}).value();
  for (const auto& slot : models::StateDictOf(net)) {
    EXPECT_TRUE(at::equal(slot.tensor, at::full({2, 3}, 0.25, at::kDouble))) << slot.name;
  }
}

TEST(ConvertTest, OtherTypesAreRefused) {
  for (const auto& [dtype, name] :
       {std::pair{at::kLong, "int64"}, std::pair{at::kComplexFloat, "complex64"},
        std::pair{at::kFloat8_e4m3fn, "float8_e4m3fn"}}) {
    SmallNet net;
    const auto report = LoadInto(net, OpenFile(LoaderFile("small.pth")), {.dtype = dtype});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::kUsage);
    EXPECT_EQ(report.error().Text(), "weights cannot be " + std::string(name) +
                                         "; dtype is float16, bfloat16, float32 or float64");
  }
}

TEST(ConvertTest, TheDeviceIsLookedForBeforeAnythingIsDone) {
  SmallNet net;
  const auto lost =
      LoadInto(net, OpenFile(LoaderFile("small.pth")), {.device = at::Device("cuda:99")});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(lost.error().message, "device cuda:99 is not available");
  EXPECT_TRUE(models::IsGhost(net.fc->weight));

  const LoadOptions here = {.device = at::Device("cpu")};
  const auto checkpoint = OpenFile(LoaderFile("small.pth"), /*immutable=*/true);
  EXPECT_EQ(LoadInto(net, checkpoint, here).value().mapped, 8u);
}

}  // namespace
}  // namespace zoo
