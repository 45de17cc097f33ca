#include "zoo/loader/load_into.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/generator.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/load_options.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/initialize.h"
#include "zoo/models/layers.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/golden_file.h"
#include "zoo/tests/support/small_net.h"

namespace zoo {
namespace {

// A module of tensors by name, all float ghosts of their shape unless said otherwise.
struct Bag : torch::nn::Module {
  explicit Bag(const std::map<std::string, std::pair<std::vector<int64_t>, at::ScalarType>>& shapes)
      : torch::nn::Module("bag") {
    for (const auto& [name, shape] : shapes) {
      tensors[name] = register_buffer(name, models::Ghost(shape.first, shape.second));
    }
  }
  std::map<std::string, at::Tensor> tensors;
};

std::map<std::string, at::Tensor> Values(const torch::nn::Module& module) {
  std::map<std::string, at::Tensor> values;
  for (const auto& slot : models::StateDictOf(module)) values[slot.name] = slot.tensor.clone();
  return values;
}

void ExpectSameValues(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto left = Values(a), right = Values(b);
  ASSERT_EQ(left.size(), right.size());
  for (const auto& [name, value] : left) EXPECT_TRUE(at::equal(value, right.at(name))) << name;
}

// Neither shape, values nor memory of any tensor has changed.
class Untouched {
 public:
  explicit Untouched(const torch::nn::Module& module) : module_(module) {
    for (const auto& slot : models::StateDictOf(module)) before_.push_back(slot.tensor.data_ptr());
  }
  ~Untouched() {
    size_t i = 0;
    for (const auto& slot : models::StateDictOf(module_)) {
      EXPECT_EQ(slot.tensor.data_ptr(), before_[i++]) << slot.name;
    }
  }

 private:
  const torch::nn::Module& module_;
  std::vector<void*> before_;
};

std::string FailureOf(torch::nn::Module& module, const std::string& file,
                      const LoadOptions& options = {}) {
  const Untouched untouched(module);
  const auto report = LoadInto(module, OpenFile(LoaderFile(file)), options);
  if (report) return "loaded";
  EXPECT_EQ(report.error().code, ErrorCode::kMismatch);
  return report.error().Text();
}

TEST(LoadIntoTest, FilesOfEveryFormatGiveTheSameModuleMappedOrCopied) {
  SmallNet expected;
  LoadInto(expected, OpenFile(LoaderFile("small.pth"))).value();
  for (const std::string file :
       {"small.pth", "legacy.pth", "small.safetensors", "sharded.index.json"}) {
    for (const bool immutable : {false, true}) {
      SmallNet net;
      const LoadReport report = LoadInto(net, OpenFile(LoaderFile(file), immutable)).value();
      EXPECT_EQ(report.placed, 8u);
      // Where the tensors of a legacy file begin is chance.
      const bool aligned = file.starts_with("small");
      EXPECT_LE(report.mapped, immutable ? 8u : 0u);
      EXPECT_GE(report.mapped, immutable && aligned ? 8u : 0u);
      ExpectSameValues(net, expected);
    }
  }
  EXPECT_EQ(expected.bn->num_batches_tracked.item<int64_t>(), 7);
  EXPECT_TRUE(expected.fc->weight.requires_grad());
  EXPECT_FALSE(expected.bn->running_mean.requires_grad());
}

TEST(LoadIntoTest, TheCallerChoosesThePlacement) {
  for (const auto& [placement, mapped] :
       {std::pair{Placement::kAuto, 8u}, std::pair{Placement::kMap, 8u},
        std::pair{Placement::kCopy, 0u}}) {
    SmallNet net;
    const auto checkpoint = OpenFile(LoaderFile("small.pth"), /*immutable=*/true);
    EXPECT_EQ(LoadInto(net, checkpoint, {.placement = placement}).value().mapped, mapped);
  }
  // Bytes that may change under us are never shared.
  SmallNet net;
  EXPECT_EQ(LoadInto(net, OpenFile(LoaderFile("small.pth")), {.placement = Placement::kMap})
                .value()
                .mapped,
            0u);
}

TEST(LoadIntoTest, EveryProblemStandsInOneMessageAndTheModuleStaysAsItWas) {
  SmallNet net;
  EXPECT_EQ(FailureOf(net, "wrong.pth"),
            "tests/data/loader/wrong.pth does not fit net: missing bn.bias, bn.running_mean, "
            "bn.running_var, bn.num_batches_tracked, fc.weight; unexpected head; wrong shape "
            "conv.weight (file [2, 1, 3, 3], module [2, 1, 1, 1]); wrong dtype bn.weight (file "
            "int32, module float32); unsupported tensor fc.bias (sparse_coo)");
  EXPECT_EQ(FailureOf(net, "half.pth"),
            "tests/data/loader/half.pth does not fit net: wrong dtype conv.weight (file float16, "
            "module float32), bn.weight (file float16, module float32), bn.bias (file float16, "
            "module float32) and 4 more. To convert floating types pass cast_floating = true");
  EXPECT_EQ(FailureOf(net, "five_classes.pth"),
            "tests/data/loader/five_classes.pth does not fit net: wrong shape fc.weight (file [5, "
            "2], module [3, 2]), fc.bias (file [5], module [3])");
}

TEST(LoadIntoTest, AClassifierOfAnotherClassCountIsToldTheOption) {
  struct Head : models::Classifier {
    Head() : models::Classifier("head") {
      register_module("conv", models::MakeConv2d(SmallNet::ConvOptions(1, 2, 1).bias(false)));
      register_module("bn", models::MakeBatchNorm2d(2));
      register_module("fc", models::MakeLinear({2, 3}));
    }
    at::Tensor forward(at::Tensor x) override { return x; }
    at::Tensor ForwardFeatures(at::Tensor x) override { return x; }
  };
  Head head;
  EXPECT_EQ(FailureOf(head, "five_classes.pth"),
            "tests/data/loader/five_classes.pth does not fit head: wrong shape fc.weight (file [5, "
            "2], module [3, 2]), fc.bias (file [5], module [3]). For another class count pass "
            "num_classes = 5, for a new last layer head = Head::kFresh");
}

TEST(LoadIntoTest, AFileOfAnotherModelIsDescribedBriefly) {
  auto model = models::Make("resnet18").value();
  EXPECT_EQ(FailureOf(*model, "small.pth"),
            "tests/data/loader/small.pth does not fit resnet18: missing conv1.weight, bn1.weight, "
            "bn1.bias and 117 more; unexpected conv.weight, bn.weight, bn.bias and 3 more; wrong "
            "shape fc.weight (file [3, 2], module [1000, 512]), fc.bias (file [3], module [1000])");
}

TEST(LoadIntoTest, WrappersPrefixesAreTakenOff) {
  for (const auto& [file, prefix] : {std::pair{"data_parallel.pth", std::string("module.")},
                                     std::pair{"compiled.pth", std::string("module._orig_mod.")}}) {
    SmallNet net;
    const LoadReport report = LoadInto(net, OpenFile(LoaderFile(file))).value();
    EXPECT_EQ(report.placed, 8u);
    ASSERT_EQ(report.renamed.size(), 8u);
    EXPECT_EQ(report.renamed[0], std::pair(prefix + "conv.weight", std::string("conv.weight")));
  }
}

TEST(LoadIntoTest, PrefixesOfTheCallerAreTakenOffWhenAsked) {
  SmallNet net;
  EXPECT_EQ(FailureOf(net, "backbone.pth"),
            "tests/data/loader/backbone.pth does not fit net: missing conv.weight, bn.weight, "
            "bn.bias and 5 more; unexpected backbone.conv.weight, backbone.bn.weight, "
            "backbone.bn.bias and 5 more");
  const LoadOptions options = {.strip_prefixes = {"backbone."}};
  EXPECT_EQ(LoadInto(net, OpenFile(LoaderFile("backbone.pth")), options).value().renamed.size(),
            8u);
}

TEST(LoadIntoTest, FilesOfOldPyTorchLackBatchCounts) {
  SmallNet net;
  const LoadReport report = LoadInto(net, OpenFile(LoaderFile("old.pth"))).value();
  EXPECT_EQ(report.placed, 7u);
  EXPECT_EQ(report.absent, std::vector<std::string>{"bn.num_batches_tracked"});
  EXPECT_EQ(net.bn->num_batches_tracked.item<int64_t>(), 0);
}

// Of the logits of tests/data/loader/mnasnet_first.json.
double GreatestError(models::Classifier& model) {
  const Json golden = ReadGoldenFile(LoaderFile("mnasnet_first.json"));
  const std::vector<int64_t> shape = Ints(At(golden, {"input"}));
  const auto count = static_cast<size_t>(c10::multiply_integers(shape));
  torch::NoGradGuard no_grad;
  model.eval();
  model.to(at::kDouble);
  const at::Tensor logits =
      model.forward(at::tensor(GenerateInput(count)).view(shape).to(at::kDouble));
  double error = 0;
  for (size_t i = 0; i < At(golden, {"logits"}).AsArray()->size(); ++i) {
    const at::Tensor row = at::tensor(Doubles((*At(golden, {"logits"}).AsArray())[i]), at::kDouble);
    error = std::max(error, (logits[static_cast<int64_t>(i)] - row).abs().max().item<double>());
  }
  return error;
}

TEST(LoadIntoTest, AFileOfMnasNetsFirstVersionGivesItsLogits) {
  for (const bool trained : {false, true}) {
    auto model = models::Make("mnasnet0_5", {{"num_classes", 10}}).value();
    if (trained) models::InitializeForTraining(*model);
    const auto report = LoadInto(*model, OpenFile(LoaderFile("mnasnet_first.pth"))).value();
    EXPECT_EQ(report.form, "MNASNet's first version");
    EXPECT_EQ(report.placed, models::StateDictOf(*model).size());
    EXPECT_LT(GreatestError(*model), 1e-7);
  }
}

TEST(LoadIntoTest, AModelTakesNoOtherFormForAFileThatStillDoesNotFit) {
  auto model = models::Make("mnasnet0_5", {{"num_classes", 7}}).value();
  EXPECT_EQ(
      FailureOf(*model, "mnasnet_first.pth"),
      "tests/data/loader/mnasnet_first.pth does not fit mnasnet0_5: wrong shape "
      "classifier.1.weight (file [10, 1280], module [7, 1280]), classifier.1.bias (file [10], "
      "module [7]). For another class count pass num_classes = 10, for a new last layer head = "
      "Head::kFresh");
}

TEST(LoadIntoTest, CastingIsDoneOnRequestAndReported) {
  SmallNet net, exact;
  LoadInto(exact, OpenFile(LoaderFile("small.pth"))).value();
  const auto checkpoint = OpenFile(LoaderFile("half.pth"), /*immutable=*/true);
  const LoadReport report = LoadInto(net, checkpoint, {.cast_floating = true}).value();
  EXPECT_EQ(report.cast.size(), 7u);
  EXPECT_EQ(report.cast[0], "conv.weight: float16 -> float32");
  EXPECT_EQ(report.mapped, 1u);  // num_batches_tracked
  EXPECT_EQ(net.fc->weight.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(net.fc->weight, exact.fc->weight.to(at::kHalf).to(at::kFloat)));
}

TEST(LoadIntoTest, AModuleOfAnotherFloatingTypeTakesCasts) {
  SmallNet net;
  net.to(at::kDouble);
  LoadInto(net, OpenFile(LoaderFile("small.pth")), {.cast_floating = true}).value();
  EXPECT_EQ(net.fc->weight.scalar_type(), at::kDouble);
}

TEST(LoadIntoTest, PatternsLeaveTensorsOut) {
  SmallNet net(4);
  const void* before = net.fc->weight.data_ptr();
  const LoadOptions options = {.ignore_missing = {"fc.*"}, .ignore_unexpected = {"fc.*"}};
  const LoadReport report =
      LoadInto(net, OpenFile(LoaderFile("five_classes.pth")), options).value();
  EXPECT_EQ(report.placed, 6u);
  EXPECT_EQ(report.left_out, (std::vector<std::string>{"fc.weight (file [5, 2], module [4, 2])",
                                                       "fc.bias (file [5], module [4])"}));
  EXPECT_EQ(net.fc->weight.data_ptr(), before);

  // One side alone does not excuse a wrong shape.
  SmallNet other(4);
  EXPECT_EQ(FailureOf(other, "five_classes.pth", {.ignore_missing = {"fc.*"}}),
            "tests/data/loader/five_classes.pth does not fit net: wrong shape fc.weight (file [5, "
            "2], module [4, 2]), fc.bias (file [5], module [4])");
  EXPECT_EQ(FailureOf(other, "five_classes.pth", {.ignore_unexpected = {"*"}}),
            "tests/data/loader/five_classes.pth does not fit net: wrong shape fc.weight (file [5, "
            "2], module [4, 2]), fc.bias (file [5], module [4])");
}

TEST(LoadIntoTest, TheCallerSaysWhichOfSeveralStateDicts) {
  SmallNet net;
  const auto checkpoint = OpenFile(LoaderFile("training.pth"));
  EXPECT_EQ(LoadInto(net, checkpoint, {.key = "ema"}).value().placed, 8u);
  const auto lost = LoadInto(net, checkpoint, {.key = "optimizer"});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kNotFound);
}

TEST(LoadIntoTest, ViewsComeOutWithTheirValuesAndShareMemoryAsInTheFile) {
  for (const bool immutable : {false, true}) {
    Bag bag({{"whole", {{4, 6}, at::kFloat}},
             {"part", {{2, 3}, at::kFloat}},
             {"turned", {{6, 4}, at::kFloat}},
             {"wide", {{4, 6}, at::kFloat}},
             {"scalar", {{}, at::kFloat}},
             {"empty", {{0, 3}, at::kFloat}},
             {"conjugate", {{2}, at::kComplexFloat}},
             {"negative", {{2}, at::kFloat}},
             {"complex", {{2}, at::kComplexDouble}}});
    LoadInto(bag, OpenFile(LoaderFile("views.pth"), immutable)).value();
    auto& t = bag.tensors;
    const at::Tensor base = at::tensor(at::ArrayRef<float>(
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}));
    EXPECT_TRUE(at::equal(t["whole"], base.view({4, 6})));
    EXPECT_TRUE(at::equal(t["part"], base.slice(0, 5, 11).view({2, 3})));
    EXPECT_TRUE(at::equal(t["turned"], base.view({4, 6}).t()));
    EXPECT_TRUE(at::equal(t["wide"], at::ones({4, 6})));
    EXPECT_EQ(t["scalar"].item<float>(), 7);
    EXPECT_EQ(t["empty"].sizes(), (std::vector<int64_t>{0, 3}));
    EXPECT_EQ(t["conjugate"][0].item<c10::complex<float>>(), c10::complex<float>(1, -2));
    EXPECT_FALSE(t["conjugate"].is_conj());
    EXPECT_TRUE(at::equal(t["negative"], at::tensor({-2.f, 4.f})));
    EXPECT_FALSE(t["negative"].is_neg());
    EXPECT_EQ(t["complex"][1].item<c10::complex<double>>(), c10::complex<double>(3, -4));
    for (const auto& [name, tensor] : t) EXPECT_TRUE(tensor.is_contiguous()) << name;

    t["whole"].view(-1)[7] = 100;
    EXPECT_EQ(t["part"].view(-1)[2].item<float>(), 100);
    EXPECT_EQ(t["scalar"].item<float>(), 100);
    EXPECT_TRUE(t["whole"].is_alias_of(t["part"]));
    EXPECT_EQ(t["turned"][1][1].item<float>(), 7);  // a copy
  }
}

}  // namespace
}  // namespace zoo
