#include "zoo/models/architectures.h"

#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/classifier.h"
#include "zoo/models/resnet.h"
#include "zoo/models/state_dict.h"

namespace zoo::models {
namespace {

TEST(ArchitecturesTest, NamesAreSortedAndEachMakesAModuleOfThatName) {
  const std::vector<std::string> names = Names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  for (const std::string& name : names) EXPECT_EQ(Make(name).value()->name(), name);
}

struct BadRow {
  std::string name;
  Json::Object options;
  ErrorCode code;
  std::string text;
};

TEST(ArchitecturesTest, WrongRequestsAreErrorsThatListWhatIsRight) {
  const BadRow rows[] = {
      {"resent18",
       {},
       ErrorCode::kNotFound,
       "no architecture is named \"resent18\"; did you mean \"resnet18\"?"},
      {"yolo",
       {},
       ErrorCode::kNotFound,
       fmt::format("no architecture is named \"yolo\"; there are {}", fmt::join(Names(), ", "))},
      {"resnet18",
       {{"num_clases", 10}},
       ErrorCode::kUsage,
       "resnet18 has no option \"num_clases\"; did you mean num_classes? It takes num_classes, "
       "zero_init_residual"},
      {"resnet18",
       {{"groups", 2}},
       ErrorCode::kUsage,
       "resnet18 has no option \"groups\"; it takes num_classes, zero_init_residual"},
      {"resnet50",
       {{"num_classes", 10}, {"dropout", 0.5}},
       ErrorCode::kUsage,
       "resnet50 has no option \"dropout\"; it takes num_classes, zero_init_residual, groups, "
       "width_per_group, replace_stride_with_dilation"},
      {"resnet18",
       {{"num_classes", 1000}, {"num_classes", 7}},
       ErrorCode::kUsage,
       "resnet18: num_classes is given twice"},
      {"resnet18",
       {{"num_classes", 0}},
       ErrorCode::kUsage,
       "resnet18: num_classes must be a whole number from 1 to 1000000, not 0"},
      {"resnet18",
       {{"num_classes", 1.5}},
       ErrorCode::kUsage,
       "resnet18: num_classes must be a whole number from 1 to 1000000, not 1.5"},
      {"efficientnet_lite0",
       {{"num_classes", "ten"}},
       ErrorCode::kUsage,
       "efficientnet_lite0: num_classes must be a whole number from 1 to 1000000, not \\\"ten\\\""},
      {"alexnet",
       {{"init_weights", false}},
       ErrorCode::kUsage,
       "alexnet has no option \"init_weights\"; it takes num_classes, dropout"},
      {"swin_t",
       {{"stochastic_depth_prob", 0.1}},
       ErrorCode::kUsage,
       "swin_t has no option \"stochastic_depth_prob\"; it takes num_classes, mlp_ratio, dropout, "
       "attention_dropout"},
      {"resnext50_32x4d",
       {{"groups", 4}},
       ErrorCode::kUsage,
       "resnext50_32x4d has no option \"groups\"; it takes num_classes, zero_init_residual, "
       "replace_stride_with_dilation"},
      {"resnet50",
       {{"replace_stride_with_dilation", Json::Array{false, true}}},
       ErrorCode::kUsage,
       "resnet50: replace_stride_with_dilation must be a list of 3 of true or false, not "
       "[false,true]"},
      {"mobilenet_v2",
       {{"inverted_residual_setting", Json::Array{}}},
       ErrorCode::kUsage,
       "mobilenet_v2: inverted_residual_setting must be a list of 1 to 100 lists, not []"},
      {"mobilenet_v2",
       {{"inverted_residual_setting", Json::Array(11, Json::Array{1, 16, 100, 1})}},
       ErrorCode::kUsage,
       "mobilenet_v2: inverted_residual_setting has 1100 repeats in all, more than 1000"},
      {"mobilenet_v2",
       {{"inverted_residual_setting", Json::Array{Json::Array{1, 65536, 1, 1}}},
        {"width_mult", 1.5}},
       ErrorCode::kUsage,
       "mobilenet_v2: inverted_residual_setting times width_mult has 98304 channels, more than "
       "65536"},
      {"mobilenet_v2",
       {{"inverted_residual_setting", Json::Array{Json::Array{1, 16, 1}}}},
       ErrorCode::kUsage,
       "mobilenet_v2: inverted_residual_setting must have lists of [expand, channels, repeats, "
       "stride], not [1,16,1]"},
      {"mobilenet_v2",
       {{"inverted_residual_setting", Json::Array{Json::Array{1, 16, 1, 3}}}},
       ErrorCode::kUsage,
       "mobilenet_v2: stride of inverted_residual_setting must be a whole number from 1 to 2, not "
       "3"},
      {"vit_b_16",
       {{"conv_stem_configs", Json::Array{Json::Array{24, 3, 2}, Json::Array{24, 3, 2}}}},
       ErrorCode::kUsage,
       "vit_b_16: conv_stem_configs must make maps with sides of 14 from images of 224, not of 56"},
      {"vit_b_16",
       {{"image_size", 100}},
       ErrorCode::kUsage,
       "vit_b_16: image_size must be a multiple of 16, its patch, not 100"},
      {"maxvit_t",
       {{"input_size", Json::Array{224, 448}}},
       ErrorCode::kUsage,
       "maxvit_t: input_size must be a whole number, or a list of two that are equal, not "
       "[224,448]"},
      {"maxvit_t",
       {{"input_size", 225}},
       ErrorCode::kUsage,
       "maxvit_t: input_size must leave maps that windows of 7 divide, as 224 does, not 225"},
      {"alexnet",
       {{"dropout", 1.5}},
       ErrorCode::kUsage,
       "alexnet: dropout must be a number from 0 to 1, not 1.5"},
      {"squeezenet1_0",
       {{"dropout", "much"}},
       ErrorCode::kUsage,
       "squeezenet1_0: dropout must be a number from 0 to 1, not \\\"much\\\""},
      {"googlenet",
       {{"aux_logits", 0}},
       ErrorCode::kUsage,
       "googlenet: aux_logits must be true or false, not 0"},
      {"mobilenet_v2",
       {{"width_mult", 0}},
       ErrorCode::kUsage,
       "mobilenet_v2: width_mult must be a number from 0.01 to 100, not 0"},
      {"mnasnet0_5",
       {{"alpha", 0.7}},
       ErrorCode::kUsage,
       "mnasnet0_5 has no option \"alpha\"; it takes num_classes, dropout"},
      {"densenet121",
       {{"drop_rat", 0.5}},
       ErrorCode::kUsage,
       "densenet121 has no option \"drop_rat\"; did you mean drop_rate? It takes num_classes, "
       "bn_size, drop_rate, memory_efficient"},
      {"resnet18",
       {{"zero_init_residual", 1}},
       ErrorCode::kUsage,
       "resnet18: zero_init_residual must be true or false, not 1"},
      {"resnet50",
       {{"width_per_group", 5000}},
       ErrorCode::kUsage,
       "resnet50: width_per_group must be a whole number from 1 to 4096, not 5000"},
  };
  for (const BadRow& row : rows) {
    const auto made = Make(row.name, row.options);
    ASSERT_FALSE(made) << row.text;
    EXPECT_EQ(made.error().code, row.code) << row.text;
    EXPECT_EQ(made.error().Text(), row.text);
  }
}

// The words between backquotes in one cell of a table.
std::vector<std::string> Words(const std::string& cell) {
  std::vector<std::string> words;
  for (size_t at = cell.find('`'); at != cell.npos;) {
    const size_t end = cell.find('`', at + 1);
    words.push_back(cell.substr(at + 1, end - at - 1));
    at = cell.find('`', end + 1);
  }
  return words;
}

TEST(ArchitecturesTest, TheDocumentOfOptionsIsRight) {
  std::ifstream document("docs/options.md");
  std::vector<std::string> described;
  for (std::string line; std::getline(document, line);) {
    if (!line.starts_with("| `")) continue;
    const size_t middle = line.find(" | ");
    const std::string right = fmt::format("{}", fmt::join(Words(line.substr(middle)), ", "));
    for (const std::string& name : Words(line.substr(0, middle))) {
      EXPECT_EQ(Make(name, {{"?", 1}}).error().hint, "it takes " + right) << name;
      described.push_back(name);
    }
  }
  std::sort(described.begin(), described.end());
  EXPECT_EQ(described, Names());
}

TEST(ArchitecturesTest, OptionsReachTheModule) {
  const auto shape = [](const std::string& name, const Json::Object& options,
                        const std::string& key) {
    for (const NamedTensor& slot : StateDictOf(*Make(name, options).value())) {
      if (slot.name == key) return slot.tensor.sizes().vec();
    }
    return std::vector<int64_t>{};
  };
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(shape("resnet18", {{"num_classes", 10}}, "fc.weight"), (Shape{10, 512}));
  EXPECT_EQ(shape("mobilenet_v2", {{"width_mult", 1.4}}, "classifier.1.weight"),
            (Shape{1000, 1792}));
  EXPECT_EQ(shape("regnet_y_400mf", {{"stem_width", 64}}, "stem.0.weight"), (Shape{64, 3, 3, 3}));
  EXPECT_EQ(shape("efficientnet_lite3", {{"num_classes", 7}}, "_fc.weight"), (Shape{7, 1280}));
  // resnext50_32x4d by its numbers.
  EXPECT_EQ(shape("resnet50", {{"groups", 32}, {"width_per_group", 4}}, "layer1.0.conv2.weight"),
            shape("resnext50_32x4d", {}, "layer1.0.conv2.weight"));
}

TEST(ArchitecturesTest, AnUnloadedModelComputesNan) {
  torch::NoGradGuard no_grad;
  for (const char* name :
       {"alexnet",           "densenet121",        "efficientnet_b0", "efficientnet_lite0",
        "efficientnet_v2_s", "googlenet",          "inception_v3",    "mnasnet0_5",
        "mobilenet_v2",      "mobilenet_v3_small", "regnet_x_400mf",  "regnet_y_400mf",
        "resnet18",          "shufflenet_v2_x0_5", "squeezenet1_0",   "swin_t",
        "swin_v2_t",         "convnext_tiny",      "vgg11",           "vgg11_bn"}) {
    auto model = Make(name).value();
    model->eval();
    EXPECT_TRUE(model->forward(at::zeros({1, 3, 96, 96})).isnan().all().item<bool>()) << name;
  }
}

// Memory of this process that is its own, in bytes.
int64_t AnonymousBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "RssAnon:") {
      int64_t kib = 0;
      status >> kib;
      return kib * 1024;
    }
  }
  return 0;
}

TEST(ArchitecturesTest, MakingAModelTakesNoMemoryForItsParameters) {
  Make("resnet18").value();  // what LibTorch allocates once
  const int64_t before = AnonymousBytes();
  ASSERT_GT(before, 0);
  const auto model = Make("resnet152").value();
  int64_t weights = 0, stored = 0;
  for (const NamedTensor& slot : StateDictOf(*model)) {
    weights += static_cast<int64_t>(slot.tensor.nbytes());
    stored += static_cast<int64_t>(slot.tensor.storage().nbytes());
  }
  EXPECT_GT(weights, 240'000'000);
  EXPECT_LT(stored, 8 * 1000);
  EXPECT_LT(AnonymousBytes() - before, weights / 50);
}

TEST(ArchitecturesTest, FeaturesStandBeforeTheClassifier) {
  torch::NoGradGuard no_grad;
  struct Row {
    const char* name;
    int64_t features;
  };
  const Row rows[] = {
      {"alexnet", 4096},         {"densenet121", 1024},        {"efficientnet_b0", 1280},
      {"efficientnet_b3", 1536}, {"efficientnet_lite4", 1280}, {"efficientnet_v2_s", 1280},
      {"googlenet", 1024},       {"inception_v3", 2048},       {"mnasnet0_5", 1280},
      {"mobilenet_v2", 1280},    {"mobilenet_v3_large", 1280}, {"mobilenet_v3_small", 1024},
      {"regnet_x_400mf", 400},   {"regnet_y_400mf", 440},      {"resnet18", 512},
      {"resnet50", 2048},        {"shufflenet_v2_x0_5", 1024}, {"squeezenet1_0", 512},
      {"vgg11", 4096},           {"vgg11_bn", 4096},           {"convnext_tiny", 768},
      {"swin_t", 768},           {"swin_v2_b", 1024},
  };
  for (const Row& row : rows) {
    auto model = Make(row.name).value();
    model->eval();
    EXPECT_EQ(model->ForwardFeatures(at::zeros({2, 3, 96, 80})).sizes(),
              (std::vector<int64_t>{2, row.features}))
        << row.name;
  }
}

TEST(ArchitecturesTest, LogitsAreTheOutputOfAModelWithoutAuxiliaryHeads) {
  torch::NoGradGuard no_grad;
  auto model = Make("squeezenet1_1", {{"num_classes", 7}}).value();
  const Outputs outputs = model->ForwardAll(at::zeros({2, 3, 64, 64}));
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs.at("logits").sizes(), (std::vector<int64_t>{2, 7}));
}

TEST(ArchitecturesTest, AuxiliaryHeadsSpeakInTrainingModeOnly) {
  torch::NoGradGuard no_grad;
  struct Row {
    const char* name;
    int64_t size;
    std::vector<std::string> heads;
  };
  const Row rows[] = {{"googlenet", 96, {"aux1", "aux2", "logits"}},
                      {"inception_v3", 299, {"aux", "logits"}}};
  const auto heads = [](Classifier& model, int64_t size) {
    std::vector<std::string> names;
    for (const auto& [name, logits] : model.ForwardAll(at::zeros({2, 3, size, size}))) {
      EXPECT_EQ(logits.sizes(), (std::vector<int64_t>{2, 7})) << name;
      names.push_back(name);
    }
    return names;
  };
  const std::vector<std::string> only_logits = {"logits"};
  for (const Row& row : rows) {
    auto model = Make(row.name, {{"num_classes", 7}}).value();
    EXPECT_EQ(heads(*model, row.size), row.heads);
    model->eval();
    EXPECT_EQ(heads(*model, row.size), only_logits);
    auto without = Make(row.name, {{"num_classes", 7}, {"aux_logits", false}}).value();
    EXPECT_EQ(heads(*without, row.size), only_logits);
  }
}

}  // namespace
}  // namespace zoo::models
