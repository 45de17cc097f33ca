#include "zoo/loader/save.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/models/architectures.h"
#include "zoo/models/initialize.h"
#include "zoo/models/resnet.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/small_net.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

// A weight under two names, and buffers of many kinds.
struct Net : torch::nn::Module {
  Net() : torch::nn::Module("net") {
    conv = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3)));
    bn = register_module("bn", torch::nn::BatchNorm2d(4));
    encoder = register_module("encoder", torch::nn::Linear(5, 6));
    tied = register_parameter("tied", encoder->weight);
    half = register_buffer("half", at::rand({3}).to(at::kHalf));
    brain = register_buffer("brain", at::rand({3}).to(at::kBFloat16));
    whole = register_buffer("whole", at::arange(4));
    flags = register_buffer("flags", at::rand({3}) > 0.5);
    complex = register_buffer("complex", at::rand({2}, at::kComplexFloat).conj());
    transposed = register_buffer("transposed", at::rand({2, 3}).t());
    slice = register_buffer("slice", at::rand({10}).slice(0, 2, 7, 2));
    expanded = register_buffer("expanded", at::rand({1, 3}).expand({4, 3}));
    none = register_buffer("none", at::empty({0, 3}));
  }
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d bn{nullptr};
  torch::nn::Linear encoder{nullptr};
  at::Tensor tied, half, brain, whole, flags, complex, transposed, slice, expanded, none;
};

void ExpectSameValues(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto left = models::StateDictOf(a), right = models::StateDictOf(b);
  ASSERT_EQ(left.size(), right.size());
  for (size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].name, right[i].name);
    EXPECT_EQ(left[i].tensor.scalar_type(), right[i].tensor.scalar_type());
    EXPECT_TRUE(at::equal(left[i].tensor, right[i].tensor)) << left[i].name;
  }
}

TEST(SaveTest, GivesBackEveryBit) {
  const TempDir folder;
  const auto path = folder.path() / "net.pt";
  const Net net;
  Net other;
  const Written written = SaveStateDict(net, path).value();
  EXPECT_EQ(written.size, std::filesystem::file_size(path));
  EXPECT_EQ(LoadStateDict(other, path).value().placed, models::StateDictOf(net).size());
  ExpectSameValues(net, other);
  EXPECT_TRUE(other.encoder->weight.is_alias_of(other.tied));
}

TEST(SaveTest, WritesWhatPythonWould) {
  const TempDir folder;
  const auto path = folder.path() / "net.pt";
  const Net net;
  SaveStateDict(net, path).value();
  const auto checkpoint = Checkpoint::Open(path).value();
  const Value root = checkpoint->root();
  EXPECT_TRUE(root.ordered());
  EXPECT_TRUE(root.state()->Find("_metadata")->ordered());
  EXPECT_EQ(root.state()->Find("_metadata")->Repr(1000),
            "{'': {'version': 1}, 'conv': {'version': 1}, 'bn': {'version': 2}, "
            "'encoder': {'version': 1}}");
  const auto slots = models::StateDictOf(net);
  ASSERT_EQ(root.size(), slots.size());
  auto info = [&](std::string_view name) {
    return checkpoint->tensors()[root.Find(name)->tensor()];
  };
  for (size_t i = 0; i < slots.size(); ++i) {
    EXPECT_EQ(root.key(i).text(), slots[i].name);
    EXPECT_FALSE(info(slots[i].name).requires_grad);
    EXPECT_FALSE(info(slots[i].name).parameter);
  }
  EXPECT_EQ(info("encoder.weight").storage, info("tied").storage);
  EXPECT_FALSE(info("transposed").contiguous());
  EXPECT_EQ(info("slice").storage_offset, 2);
  EXPECT_TRUE(info("complex").conj);
}

TEST(SaveTest, AModelOfAnOlderFormSaysSo) {
  const TempDir folder;
  const auto path = folder.path() / "net.pt";
  auto model = models::Make("mnasnet0_5", {{"num_classes", 10}}).value();
  const auto saved = [&] {
    SaveStateDict(*model, path).value();
    const auto checkpoint = Checkpoint::Open(path).value();
    return checkpoint->root().state()->Find("_metadata")->item(0).Repr(100);
  };
  models::InitializeForTraining(*model);
  EXPECT_EQ(saved(), "{'version': 2}");
  LoadStateDict(*model, LoaderFile("mnasnet_first.pth")).value();
  EXPECT_EQ(saved(), "{'version': 1}");
}

TEST(SaveTest, WritesSafetensorsToo) {
  const TempDir folder;
  const auto path = folder.path() / "linear.safetensors";
  torch::nn::Linear linear(3, 2), other(3, 2);
  SaveStateDict(*linear, path, {.format = WriteFormat::kSafetensors}).value();
  LoadStateDict(*other, path).value();
  ExpectSameValues(*linear, *other);
}

// A snapshot is of the moment in which it was taken.
TEST(SaveTest, CopiesWhereTheTrainingGoesOn) {
  const TempDir folder;
  torch::nn::Linear linear(3, 2), other(3, 2);
  const at::Tensor before = linear->weight.detach().clone();
  Snapshot snapshot(Snapshot::Memory::kCopied);
  snapshot.Finish(StateDictValue(*linear, snapshot).value());
  {
    torch::NoGradGuard no_grad;
    linear->weight.fill_(7);
  }
  WriteCheckpoint(snapshot.document(), folder.path() / "before.pt").value();
  LoadStateDict(*other, folder.path() / "before.pt").value();
  EXPECT_TRUE(at::equal(other->weight, before));
}

TEST(SaveTest, RefusesWhatHasNoValues) {
  const TempDir folder;
  const auto path = folder.path() / "resnet18.pt";
  const auto model = std::make_shared<models::ResNet>(models::kResNetVariants[0]);
  EXPECT_EQ(SaveStateDict(*model, path).error(),
            (Error{ErrorCode::kUnsupported,
                   "cannot save resnet18: conv1.weight: it has a shape and no values",
                   "load weights first, or give it initial ones by "
                   "models::InitializeForTraining"}));
  EXPECT_FALSE(std::filesystem::exists(path));
  models::InitializeForTraining(*model);
  SaveStateDict(*model, path).value();
}

TEST(SaveTest, RefusesWhatFilesCannotHold) {
  struct Sparse : torch::nn::Module {
    Sparse() : torch::nn::Module("sparse") { register_buffer("it", at::ones({2, 2}).to_sparse()); }
  };
  const TempDir folder;
  EXPECT_EQ(SaveStateDict(Sparse(), folder.path() / "it.pt").error(),
            (Error{ErrorCode::kUnsupported,
                   "cannot save sparse: it: a sparse tensor cannot be saved", ""}));
}

TEST(SaveTest, SaysEverythingThatDoesNotFit) {
  const TempDir folder;
  const auto path = folder.path() / "linear.pt";
  SaveStateDict(*torch::nn::Linear(3, 2), path).value();
  torch::nn::Linear other(3, 4);
  const Error error = LoadStateDict(*other, path).error();
  EXPECT_EQ(error.code, ErrorCode::kMismatch);
  EXPECT_NE(error.message.find("wrong shape weight (file [2, 3], module [4, 3]), bias (file [2], "
                               "module [4])"),
            std::string::npos)
      << error.message;
}

}  // namespace
}  // namespace zoo
