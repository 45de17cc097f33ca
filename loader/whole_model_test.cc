#include "zoo/loader/whole_model.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>
#include <torch/utils.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/save.h"
#include "zoo/models/architectures.h"
#include "zoo/models/initialize.h"
#include "zoo/models/resnet.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

std::shared_ptr<models::Classifier> MakeReady(std::string_view name, const Json::Object& options) {
  auto model = models::Make(name, options).value();
  models::InitializeForTraining(*model);
  return model;
}

at::Tensor Logits(models::Classifier& model) {
  torch::NoGradGuard no_grad;
  at::manual_seed(3);
  return model.forward(at::rand({1, 3, 64, 64}));
}

TEST(WholeModelTest, BuildsTheModelAgain) {
  const TempDir folder;
  const auto path = folder.path() / "whole.pt";
  const auto model = MakeReady("squeezenet1_1", {{"num_classes", 7}, {"dropout", 0.25}});
  for (const bool training : {true, false}) {
    model->train(training);
    SaveModel(*model, path).value();
    const auto again = LoadModel(path).value();
    EXPECT_EQ(again->name(), "squeezenet1_1");
    EXPECT_EQ(again->made_with(), model->made_with());
    EXPECT_EQ(again->is_training(), training);
    EXPECT_TRUE(at::equal(Logits(*again), Logits(*model)));
  }
}

struct ListOption {
  std::string_view architecture;
  Json::Object options;
  std::string_view written;
};

TEST(WholeModelTest, KeepsOptionsThatAreLists) {
  const TempDir folder;
  const auto path = folder.path() / "whole.pt";
  const ListOption rows[] = {
      {"resnet50",
       {{"replace_stride_with_dilation", Json::Array{false, true, false}}},
       "{'replace_stride_with_dilation': [False, True, False]}"},
      {"mobilenet_v2",
       {{"inverted_residual_setting",
         Json::Array{Json::Array{1, 16, 1, 1}, Json::Array{6, 24, 2, 2}}}},
       "{'inverted_residual_setting': [[1, 16, 1, 1], [6, 24, 2, 2]]}"},
      {"vit_b_32",
       {{"num_classes", 3},
        {"conv_stem_configs", Json::Array{Json::Array{8, 3, 8}, Json::Array{8, 3, 4}}}},
       "{'num_classes': 3, 'conv_stem_configs': [[8, 3, 8], [8, 3, 4]]}"},
      {"maxvit_t", {{"input_size", Json::Array{224, 224}}}, "{'input_size': [224, 224]}"},
  };
  for (const ListOption& row : rows) {
    SCOPED_TRACE(row.architecture);
    const auto model = MakeReady(row.architecture, row.options);
    SaveModel(*model, path).value();
    EXPECT_EQ(Checkpoint::Open(path).value()->root().Find("options")->Repr(), row.written);
    EXPECT_EQ(LoadModel(path).value()->made_with(), row.options);
  }
}

// `levels` lists, each of which holds the next `width` times.
Document::Id Nested(Document& document, int levels, size_t width) {
  Document::Id at = document.Int(1);
  for (int i = 0; i < levels; ++i) at = document.List(std::vector(width, at));
  return at;
}

TEST(WholeModelTest, RefusesListsThatNoOptionIs) {
  const TempDir folder;
  const auto path = folder.path() / "bad.pt";
  for (const auto& [levels, width] : {std::pair(100, 1), {3, 1}, {2, 200}, {1, 2'000}}) {
    Document document;
    const auto options = document.Dict({{document.String("replace_stride_with_dilation"),
                                         Nested(document, levels, static_cast<size_t>(width))}});
    document.SetRoot(document.Dict({{document.String("schema"), document.String("zoo/model/1")},
                                    {document.String("architecture"), document.String("resnet50")},
                                    {document.String("options"), options},
                                    {document.String("state_dict"), document.Dict({})}}));
    WriteCheckpoint(document, path).value();
    const Error error = LoadModel(path).error();
    EXPECT_EQ(error.code, ErrorCode::kUsage);
    EXPECT_TRUE(error.message.starts_with(
        "resnet50: replace_stride_with_dilation must be a list of 3 of true or false, not "))
        << error.message;
  }
}

TEST(WholeModelTest, SaysWhatItIs) {
  const TempDir folder;
  const auto path = folder.path() / "whole.pt";
  SaveModel(*MakeReady("squeezenet1_1", {{"num_classes", 7}, {"dropout", 0.25}}), path).value();
  const auto checkpoint = Checkpoint::Open(path).value();
  const Value root = checkpoint->root();
  EXPECT_EQ(root.Find("schema")->text(), "zoo/model/1");
  EXPECT_EQ(root.Find("architecture")->text(), "squeezenet1_1");
  EXPECT_EQ(root.Find("options")->Repr(), "{'num_classes': 7, 'dropout': 0.25}");
  EXPECT_TRUE(root.Find("training")->AsBool());
  EXPECT_TRUE(root.Find("state_dict")->ordered());
  // Anything that reads state dicts reads it.
  const auto model = models::Make("squeezenet1_1", {{"num_classes", 7}}).value();
  LoadStateDict(*model, path).value();
}

TEST(WholeModelTest, RefusesWhatItCouldNotBuildAgain) {
  const TempDir folder;
  const auto path = folder.path() / "whole.pt";
  const models::ResNetVariant variant{
      .name = "resnet_of_my_own", .bottleneck = false, .depths = {1, 1, 1, 1}};
  const auto own = std::make_shared<models::ResNet>(variant);
  models::InitializeForTraining(*own);
  EXPECT_EQ(SaveModel(*own, path).error(),
            (Error{ErrorCode::kUnsupported,
                   "cannot save resnet_of_my_own whole: its options are not known",
                   "make it by models::Make, or use SaveStateDict"}));
  const auto made = MakeReady("resnet18", {});
  auto& resnet = dynamic_cast<models::ResNet&>(*made);
  resnet.fc = resnet.replace_module("fc", torch::nn::Linear(512, 10));
  EXPECT_EQ(SaveModel(resnet, path).error(),
            (Error{ErrorCode::kMismatch,
                   "cannot save resnet18: its fc.weight is [10, 512], and it was made with [1000, "
                   "512]",
                   "give the options of what it is now to models::Make, or use SaveStateDict"}));
}

struct BadFile {
  std::string what;
  std::string schema;
  bool options = true;
  std::string architecture = "squeezenet1_1";
  Error error;
};

TEST(WholeModelTest, RefusesFilesThatAreNoModels) {
  const TempDir folder;
  const auto path = folder.path() / "bad.pt";
  const std::string name = path.string();
  const BadFile rows[] = {
      {"a state dict",
       "",
       true,
       "",
       {ErrorCode::kUnsupported, name + ": it holds no model whose architecture is known with it",
        "make the model by models::Make and load its weights by LoadStateDict"}},
      {"a newer schema",
       "zoo/model/2",
       true,
       "squeezenet1_1",
       {ErrorCode::kUnsupported, name + ": its schema is \"zoo/model/2\", and zoo/model/1 is read",
        "a newer zoo reads it"}},
      {"no options",
       "zoo/model/1",
       false,
       "squeezenet1_1",
       {ErrorCode::kCorrupt, name + ": a zoo/model/1 has an architecture, options and a state_dict",
        ""}},
      {"an unknown architecture",
       "zoo/model/1",
       true,
       "squeezenet9",
       {ErrorCode::kNotFound, "no architecture is named \"squeezenet9\"",
        "did you mean \"squeezenet1_0\"?"}},
  };
  for (const BadFile& row : rows) {
    SCOPED_TRACE(row.what);
    Document document;
    std::vector<std::pair<Document::Id, Document::Id>> entries = {
        {document.String("state_dict"), document.Dict({})}};
    auto add = [&](std::string_view key, Document::Id value) {
      entries.emplace_back(document.String(key), value);
    };
    if (!row.schema.empty()) add("schema", document.String(row.schema));
    if (!row.architecture.empty()) add("architecture", document.String(row.architecture));
    if (row.options) add("options", document.Dict({}));
    document.SetRoot(document.Dict(entries));
    WriteCheckpoint(document, path).value();
    EXPECT_EQ(LoadModel(path).error(), row.error);
  }
}

TEST(WholeModelTest, NamesAClassThatIsNotKnown) {
  const Error error = LoadModel("tests/data/checkpoints/model.pth").error();
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_NE(error.message.find(", a class that is not known"), std::string::npos) << error.message;
  EXPECT_EQ(error.hint, "its state dict can be loaded into a module of your own by LoadStateDict");
}

}  // namespace
}  // namespace zoo
