// Every architecture against Python: the records of tests/data/model_goldens.json, whose "rule" and
// "fields" say how they were made, and the options of tests/data/option_goldens.json, which
// make_option_goldens.py made.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/goldens.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/golden_file.h"

namespace zoo::models {
namespace {

const Golden& GoldenOf(std::string_view net) {
  return *std::ranges::find(Goldens(), net, &Golden::net);
}

class ModelGoldensTest : public testing::TestWithParam<std::string> {
 protected:
  // Shards run beside each other; small layers lose by threads that wait for a turn.
  void SetUp() override { at::set_num_threads(1); }
};

TEST_P(ModelGoldensTest, ComputesWhatPythonComputes) {
  const Golden& golden = GoldenOf(GetParam());
  auto made = MakeGolden(golden);
  ASSERT_TRUE(made) << made.error().Text();
  const Status filled = FillGolden(golden, **made);
  ASSERT_TRUE(filled) << filled.error().Text();
  EXPECT_EQ(RunGolden(golden, **made, at::kFloat).text, "");
  EXPECT_EQ(RunGolden(golden, **made, at::kDouble).text, "");
}

std::vector<std::string> Nets() {
  std::vector<std::string> nets;
  for (const Golden& golden : Goldens()) nets.emplace_back(golden.net);
  return nets;
}

std::string TestName(const testing::TestParamInfo<std::string>& net) {
  std::string name = net.param;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Nets, ModelGoldensTest, testing::ValuesIn(Nets()), TestName);

TEST(GoldensTest, HaveARecordOfEveryArchitectureOfTorchvision) {
  std::set<std::string_view> recorded;
  for (const Golden& golden : Goldens()) recorded.insert(golden.architecture);
  for (const std::string& name : Names()) {
    EXPECT_EQ(recorded.contains(name), !name.starts_with("efficientnet_lite")) << name;
  }
}

TEST(GoldensTest, BuildersTakeTheOptionsThatPythonsTake) {
  const Json goldens = ReadGoldenFile("tests/data/option_goldens.json");
  std::set<std::string> all;
  for (const Json& row : *At(goldens, {"builders"}).AsArray()) {
    const std::string& builder = Text(At(row, {"builder"}));
    all.insert(builder);
    for (const auto& [name, taken] : *At(row, {"takes"}).AsObject()) {
      const auto made = Make(builder, {{name, At(taken, {"value"})}});
      ASSERT_TRUE(made) << made.error().Text();
      EXPECT_EQ(KeysDigest(**made).hex(), Text(At(taken, {"keys_sha256"})))
          << builder << " " << name;
    }
    for (const Json& name : *At(row, {"refuses"}).AsArray()) {
      const auto made = Make(builder, {{Text(name), 1}});
      ASSERT_FALSE(made) << builder << " " << Text(name);
      EXPECT_EQ(made.error().message, fmt::format("{} has no option \"{}\"", builder, Text(name)));
    }
  }
  for (const std::string& name : Names()) {
    EXPECT_EQ(all.contains(name), !name.starts_with("efficientnet_lite")) << name;
  }
}

TEST(GoldensTest, AWrongWeightIsSeen) {
  const Golden& golden = GoldenOf("squeezenet1_1");
  auto model = MakeGolden(golden).value();
  ASSERT_TRUE(FillGolden(golden, *model));
  EXPECT_TRUE(RunGolden(golden, *model, at::kFloat).passed());
  StateDictOf(*model)[1].tensor.mutable_data_ptr<float>()[0] += 0.1f;
  const LogitsOutcome outcome = RunGolden(golden, *model, at::kFloat);
  EXPECT_TRUE(outcome.text.starts_with("image 0: logit ")) << outcome.text;
  EXPECT_GT(outcome.difference, golden.float32_tolerance);
}

TEST(GoldensTest, AnotherStateDictIsSeen) {
  const Golden& golden = GoldenOf("squeezenet1_1");
  const auto filled = [&](std::string_view net) {
    return FillGolden(golden, *MakeGolden(GoldenOf(net)).value()).error().Text();
  };
  EXPECT_EQ(filled("squeezenet1_1@num_classes=10"),
            "squeezenet1_1: names, types, shapes or order of the state dict are not Python's");
  EXPECT_EQ(filled("alexnet"), "squeezenet1_1: the state dict has 16 entries, Python's 52");
}

TEST(GoldensTest, WeightsAreCountedBeforeTheyTakeMemory) {
  // 1 235 496 parameters of four bytes.
  EXPECT_EQ(WeightBytes(*MakeGolden(GoldenOf("squeezenet1_1")).value()), 4941984u);
}

}  // namespace
}  // namespace zoo::models
