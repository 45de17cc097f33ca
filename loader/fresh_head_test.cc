// Everything but the head out of a file, for another task.
#include <ATen/ops/equal.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/load_options.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/head.h"
#include "zoo/models/layers.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/saved_module.h"
#include "zoo/tests/support/small_net.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using Texts = std::vector<std::string>;

// A file of 11 classes, all of whose floating numbers are 0.25.
class FreshHeadTest : public testing::Test {
 protected:
  std::shared_ptr<const Checkpoint> FileOf(const std::string& architecture) {
    auto source = Make(architecture, 11);
    FillWithNumbers(*source);
    SaveWeights(*source, folder_.path() / "saved.pth");
    return OpenFile(folder_.path() / "saved.pth", /*immutable=*/true);
  }
  static std::shared_ptr<models::Classifier> Make(const std::string& name, int64_t classes) {
    return models::Make(name, {{"num_classes", classes}}).value();
  }

  TempDir folder_;
};

// The head has finite numbers of its own, the others the file's.
void ExpectOnlyTheHeadIsFresh(const models::Classifier& model, const Texts& head) {
  for (const auto& slot : models::StateDictOf(model)) {
    const bool fresh =
        std::find(head.begin(), head.end(), models::LayerOf(slot.name)) != head.end();
    const double number = slot.tensor.is_floating_point() ? 0.25 : 3;
    EXPECT_EQ(at::equal(slot.tensor, at::full_like(slot.tensor, number)), !fresh) << slot.name;
    EXPECT_FALSE(models::IsGhost(slot.tensor)) << slot.name;
    EXPECT_TRUE(slot.tensor.isfinite().all().item<bool>()) << slot.name;
    EXPECT_EQ(slot.tensor.requires_grad(), !slot.buffer) << slot.name;
    EXPECT_TRUE(slot.tensor.is_leaf()) << slot.name;
  }
}

TEST_F(FreshHeadTest, LoadsAllButTheHeadOfEveryFamilyAndSaysWhatWasLeftOut) {
  struct Row {
    const char* name;
    Texts fresh, left_out;
  };
  const Row rows[] = {
      {"resnet18",
       {"fc"},
       {"fc.weight (file [11, 512], module [7, 512])", "fc.bias (file [11], module [7])"}},
      {"squeezenet1_1",
       {"classifier.1"},
       {"classifier.1.weight (file [11, 512, 1, 1], module [7, 512, 1, 1])",
        "classifier.1.bias (file [11], module [7])"}},
      {"mobilenet_v3_small",
       {"classifier.3"},
       {"classifier.3.weight (file [11, 1024], module [7, 1024])",
        "classifier.3.bias (file [11], module [7])"}},
      {"densenet121",
       {"classifier"},
       {"classifier.weight (file [11, 1024], module [7, 1024])",
        "classifier.bias (file [11], module [7])"}},
      {"efficientnet_lite0",
       {"_fc"},
       {"_fc.weight (file [11, 1280], module [7, 1280])", "_fc.bias (file [11], module [7])"}},
      {"swin_t",
       {"head"},
       {"head.weight (file [11, 768], module [7, 768])", "head.bias (file [11], module [7])"}},
      {"maxvit_t", {"classifier.5"}, {"classifier.5.weight (file [11, 512], module [7, 512])"}},
      {"googlenet",
       {"aux1.fc2", "aux2.fc2", "fc"},
       {"aux1.fc2.weight (file [11, 1024], module [7, 1024])",
        "aux1.fc2.bias (file [11], module [7])",
        "aux2.fc2.weight (file [11, 1024], module [7, 1024])",
        "aux2.fc2.bias (file [11], module [7])", "fc.weight (file [11, 1024], module [7, 1024])",
        "fc.bias (file [11], module [7])"}},
      {"inception_v3",
       {"AuxLogits.fc", "fc"},
       {"AuxLogits.fc.weight (file [11, 768], module [7, 768])",
        "AuxLogits.fc.bias (file [11], module [7])",
        "fc.weight (file [11, 2048], module [7, 2048])", "fc.bias (file [11], module [7])"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    auto model = Make(row.name, 7);
    const size_t tensors = models::StateDictOf(*model).size();
    const LoadReport report = LoadInto(*model, FileOf(row.name), {.head = Head::kFresh}).value();
    EXPECT_EQ(report.fresh, row.fresh);
    EXPECT_EQ(report.left_out, row.left_out);
    EXPECT_EQ(report.placed, tensors - row.left_out.size());
    EXPECT_EQ(report.mapped, report.placed);
    ExpectOnlyTheHeadIsFresh(*model, row.fresh);
  }
}

TEST_F(FreshHeadTest, TheMessageNamesWhatWasLeftOut) {
  auto model = Make("resnet18", 7);
  EXPECT_EQ(LeftOutText(LoadInto(*model, FileOf("resnet18"), {.head = Head::kFresh}).value()),
            "left out: fc.weight (file [11, 512], module [7, 512]), fc.bias (file [11], module "
            "[7])");
}

TEST_F(FreshHeadTest, HasTheValuesOfANewLayer) {
  auto model = Make("resnet18", 7);
  LoadInto(*model, FileOf("resnet18"), {.head = Head::kFresh}).value();
  const double bound = 1 / std::sqrt(512.0);
  for (const char* name : {"fc.weight", "fc.bias"}) {
    const double largest = model->named_parameters()[name].abs().max().item<double>();
    EXPECT_LE(largest, bound) << name;
    EXPECT_GT(largest, bound / 2) << name;
  }
}

TEST_F(FreshHeadTest, IsFreshAlsoWhereTheFilesWouldFit) {
  auto model = Make("resnet18", 11);
  const LoadReport report = LoadInto(*model, FileOf("resnet18"), {.head = Head::kFresh}).value();
  EXPECT_EQ(report.left_out[1], "fc.bias (file [11], module [11])");
  ExpectOnlyTheHeadIsFresh(*model, {"fc"});
}

TEST_F(FreshHeadTest, TrainsAtOnce) {
  auto model = Make("googlenet", 7);
  LoadInto(*model, FileOf("googlenet"), {.head = Head::kFresh}).value();
  at::Tensor loss = at::zeros({});
  for (const auto& [name, logits] : model->ForwardAll(at::zeros({2, 3, 64, 64}))) {
    EXPECT_TRUE(logits.isfinite().all().item<bool>()) << name;
    loss = loss + logits.sum();
  }
  loss.backward();
  const auto parameters = model->named_parameters();
  for (const char* name : {"fc.weight", "aux1.fc2.weight", "aux2.fc2.weight"}) {
    EXPECT_TRUE(parameters[name].grad().defined()) << name;
  }
}

TEST_F(FreshHeadTest, AFileMayHaveNoHead) {
  auto model = Make("resnet18", 7);
  auto source = Make("resnet18", 11);
  FillWithNumbers(*source);
  source->unregister_module("fc");
  SaveWeights(*source, folder_.path() / "body.pth");
  const LoadReport report =
      LoadInto(*model, OpenFile(folder_.path() / "body.pth"), {.head = Head::kFresh}).value();
  EXPECT_EQ(report.left_out, (Texts{"fc.weight (not in the file)", "fc.bias (not in the file)"}));
  ExpectOnlyTheHeadIsFresh(*model, {"fc"});
}

TEST_F(FreshHeadTest, DoesNotExcuseOtherMisfits) {
  auto model = Make("resnet34", 7);
  const auto report = LoadInto(*model, FileOf("resnet18"), {.head = Head::kFresh});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kMismatch);
  EXPECT_EQ(report.error().message.find("fc."), std::string::npos) << report.error().message;
  for (const auto& slot : models::StateDictOf(*model)) {
    EXPECT_TRUE(slot.tensor.dim() == 0 || models::IsGhost(slot.tensor)) << slot.name;
  }
}

TEST_F(FreshHeadTest, IsForClassifiers) {
  SmallNet net;
  const auto report = LoadInto(net, OpenFile(LoaderFile("small.pth")), {.head = Head::kFresh});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kUsage);
  EXPECT_EQ(report.error().Text(),
            "which layers are the head of net is not known; name their tensors in ignore_missing "
            "and ignore_unexpected");
}

TEST_F(FreshHeadTest, AnotherClassCountIsToldTheOptionAlsoWithAuxiliaryHeads) {
  for (const char* name : {"resnet18", "googlenet"}) {
    auto model = Make(name, 7);
    const auto report = LoadInto(*model, FileOf(name));
    ASSERT_FALSE(report);
    EXPECT_TRUE(report.error().message.ends_with(
        ". For another class count pass num_classes = 11, for a new last layer head = "
        "Head::kFresh"))
        << report.error().message;
  }
}

}  // namespace
}  // namespace zoo
