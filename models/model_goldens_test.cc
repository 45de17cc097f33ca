// Every architecture against Python: the records of tests/data/model_goldens.json, whose "rule" and
// "fields" say how they were made, and the options of tests/data/option_goldens.json, which
// make_option_goldens.py made.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/generator.h"
#include "zoo/tests/support/golden_file.h"

namespace zoo::models {
namespace {

const Json& OptionGoldens() {
  static const Json* goldens = new Json(ReadGoldenFile("tests/data/option_goldens.json"));
  return *goldens;
}

const Json::Array& Records() {
  static const Json::Array* records = [] {
    const Json models = ReadGoldenFile("tests/data/model_goldens.json");
    auto* all = new Json::Array(*At(models, {"records"}).AsArray());
    const Json::Array& options = *At(OptionGoldens(), {"records"}).AsArray();
    all->insert(all->end(), options.begin(), options.end());
    return all;
  }();
  return *records;
}

const Json& Record(const std::string& net) {
  for (const Json& record : Records()) {
    if (Text(At(record, {"net"})) == net) return record;
  }
  ADD_FAILURE() << "no record of " << net;
  std::abort();
}

at::Tensor ToTensor(std::vector<float> values, at::IntArrayRef shape) {
  auto owner = std::make_shared<std::vector<float>>(std::move(values));
  return at::from_blob(
      owner->data(), shape, [owner](void*) {}, at::kFloat);
}

// The lines whose digest is keys_sha256.
std::string KeyLines(const std::vector<NamedTensor>& state) {
  std::vector<std::string> lines;
  for (const NamedTensor& slot : state) {
    lines.push_back(fmt::format("{} {} {}", slot.name,
                                slot.tensor.scalar_type() == at::kLong ? "i64" : "f32",
                                fmt::join(slot.tensor.sizes(), ",")));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

// Tables of positions, which are right as constructed.
bool IsKept(const NamedTensor& slot) {
  return slot.name.ends_with(".relative_position_index") ||
         slot.name.ends_with(".relative_coords_table");
}

// Puts the generated values in; returns fill_sha256.
Digest Fill(std::vector<NamedTensor>& state) {
  Sha256 hasher;
  for (NamedTensor& slot : state) {
    if (IsKept(slot)) continue;
    if (!slot.tensor.is_floating_point()) {
      slot.tensor.set_data(at::zeros_like(slot.tensor));
      continue;
    }
    const std::vector<int64_t> shape = slot.tensor.sizes().vec();
    std::vector<float> values = GenerateEntry(slot.name, shape);
    hasher.Update(std::as_bytes(std::span(values)));
    slot.tensor.set_data(ToTensor(std::move(values), shape));
  }
  return hasher.Finish();
}

// The greatest difference between logits and what the goldens say of them.
void ExpectLogits(const at::Tensor& logits, const Json& rows, double tolerance) {
  const at::Tensor got = logits.to(at::kDouble);
  for (size_t i = 0; i < rows.AsArray()->size(); ++i) {
    const Json& row = (*rows.AsArray())[i];
    const at::Tensor line = got[static_cast<int64_t>(i)];
    const std::vector<double> expected = Doubles(At(row, {"f64"}));
    for (size_t k = 0; k < expected.size(); ++k) {
      EXPECT_NEAR(line[static_cast<int64_t>(k)].item<double>(), expected[k], tolerance) << k;
    }
    EXPECT_NEAR(line.min().item<double>(), *At(row, {"min"}).AsDouble(), tolerance);
    EXPECT_NEAR(line.max().item<double>(), *At(row, {"max"}).AsDouble(), tolerance);
    EXPECT_NEAR(line.sum().item<double>(), *At(row, {"sum"}).AsDouble(),
                tolerance * static_cast<double>(line.numel()));
    EXPECT_EQ(line.argmax().item<int64_t>(), *At(row, {"argmax"}).AsInt64());
  }
}

class ModelGoldensTest : public testing::TestWithParam<std::string> {
 protected:
  // Shards run beside each other; small layers lose by threads that wait for a turn.
  void SetUp() override { at::set_num_threads(1); }
};

TEST_P(ModelGoldensTest, ComputesWhatPythonComputes) {
  torch::NoGradGuard no_grad;
  const Json& record = Record(GetParam());
  auto made = Make(Text(At(record, {"builder"})), *At(record, {"kwargs"}).AsObject());
  ASSERT_TRUE(made) << made.error().Text();
  Classifier& model = **made;
  model.eval();

  std::vector<NamedTensor> state = StateDictOf(model);
  EXPECT_EQ(static_cast<int64_t>(state.size()), *At(record, {"entries"}).AsInt64());
  EXPECT_EQ(Digest::Of(AsBytes(KeyLines(state))).hex(), Text(At(record, {"keys_sha256"})));
  EXPECT_EQ(Fill(state).hex(), Text(At(record, {"fill_sha256"})));

  const std::vector<int64_t> shape = Ints(At(record, {"input"}));
  const at::Tensor input =
      ToTensor(GenerateInput(static_cast<size_t>(c10::multiply_integers(shape))), shape);
  const Json& rows = At(record, {"rows"});
  ExpectLogits(model.forward(input), rows, *At(record, {"f32_tol_abs"}).AsDouble());
  model.to(at::kDouble);
  ExpectLogits(model.forward(input.to(at::kDouble)), rows, *At(record, {"f64_tol_abs"}).AsDouble());
}

// The records of the builders that the table of architectures has.
std::vector<std::string> NetsWeHave() {
  const std::vector<std::string> names = Names();
  std::vector<std::string> nets;
  for (const Json& record : Records()) {
    const std::string& builder = Text(At(record, {"builder"}));
    if (std::find(names.begin(), names.end(), builder) != names.end()) {
      nets.push_back(Text(At(record, {"net"})));
    }
  }
  return nets;
}

std::string TestName(const testing::TestParamInfo<std::string>& net) {
  std::string name = net.param;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Nets, ModelGoldensTest, testing::ValuesIn(NetsWeHave()), TestName);

TEST(ModelGoldensCoverageTest, HasARecordOfEveryArchitectureOfTorchvision) {
  std::set<std::string> recorded;
  for (const std::string& net : NetsWeHave()) recorded.insert(Text(At(Record(net), {"builder"})));
  for (const std::string& name : Names()) {
    EXPECT_EQ(recorded.contains(name), !name.starts_with("efficientnet_lite")) << name;
  }
}

TEST(ModelGoldensCoverageTest, BuildersTakeTheOptionsThatPythonsTake) {
  std::set<std::string> all;
  for (const Json& row : *At(OptionGoldens(), {"builders"}).AsArray()) {
    const std::string& builder = Text(At(row, {"builder"}));
    all.insert(builder);
    for (const auto& [name, taken] : *At(row, {"takes"}).AsObject()) {
      const auto made = Make(builder, {{name, At(taken, {"value"})}});
      ASSERT_TRUE(made) << made.error().Text();
      EXPECT_EQ(Digest::Of(AsBytes(KeyLines(StateDictOf(**made)))).hex(),
                Text(At(taken, {"keys_sha256"})))
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

}  // namespace
}  // namespace zoo::models
