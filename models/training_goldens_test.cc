// One step of training against Python: the records of tests/data/training_goldens.json, whose
// "rule" says how make_training_goldens.py made them. What eval mode does not show is compared
// here: dropout and stochastic depth, the norms' running statistics, auxiliary heads, gradients.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/generator.h"
#include "zoo/base/json.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/golden_file.h"

namespace zoo::models {
namespace {

const Json& Goldens() {
  static const Json* goldens = new Json(ReadGoldenFile("tests/data/training_goldens.json"));
  return *goldens;
}

at::Tensor ToTensor(const std::vector<float>& values, at::IntArrayRef shape) {
  return at::tensor(values).view(shape).to(at::kDouble);
}

// Not by to(), which would make the norms' counts of batches real numbers as well.
void Fill(Classifier& model) {
  torch::NoGradGuard no_grad;
  for (NamedTensor& slot : StateDictOf(model)) {
    if (!slot.tensor.is_floating_point()) continue;
    if (slot.name.ends_with(".relative_coords_table")) {  // right as constructed
      slot.tensor.set_data(slot.tensor.to(at::kDouble));
      continue;
    }
    const std::vector<int64_t> shape = slot.tensor.sizes().vec();
    slot.tensor.set_data(ToTensor(GenerateEntry(slot.name, shape), shape));
  }
}

at::Tensor Loss(Classifier& model, const at::Tensor& images) {
  at::manual_seed(static_cast<uint64_t>(*At(Goldens(), {"seed"}).AsInt64()));
  const at::Tensor labels = at::arange(images.size(0)) % 10;
  at::Tensor loss;
  for (const auto& [name, logits] : model.ForwardAll(images)) {
    const at::Tensor part = at::cross_entropy_loss(logits, labels) * (name == "logits" ? 1.0 : 0.3);
    loss = loss.defined() ? loss + part : part;
  }
  return loss;
}

double Total(const Classifier& model, bool buffers) {
  double total = 0;
  for (const NamedTensor& slot : StateDictOf(model)) {
    if (slot.buffer != buffers || !slot.tensor.is_floating_point()) continue;
    total += slot.tensor.abs().sum().item<double>();
  }
  return total;
}

void ExpectNear(double got, const Json& expected) {
  EXPECT_NEAR(got, *expected.AsDouble(), 1e-9 * std::abs(*expected.AsDouble()));
}

class TrainingGoldensTest : public testing::TestWithParam<size_t> {
 protected:
  // Shards run beside each other; small layers lose by threads that wait for a turn.
  void SetUp() override { at::set_num_threads(1); }
};

TEST_P(TrainingGoldensTest, OneStepChangesWhatPythonChanges) {
  const Json& record = (*At(Goldens(), {"records"}).AsArray())[GetParam()];
  auto made = Make(Text(At(record, {"builder"})), *At(record, {"options"}).AsObject());
  ASSERT_TRUE(made) << made.error().Text();
  Classifier& model = **made;
  Fill(model);
  model.train();
  const std::vector<int64_t> shape = Ints(At(record, {"input"}));
  const auto count = static_cast<size_t>(c10::multiply_integers(shape));
  const at::Tensor images = ToTensor(GenerateInput(count), shape);

  const at::Tensor before = Loss(model, images);
  const Json::Array& losses = *At(record, {"loss"}).AsArray();
  ExpectNear(before.item<double>(), losses[0]);
  before.backward();
  torch::NoGradGuard no_grad;
  for (at::Tensor& parameter : model.parameters()) {
    ASSERT_TRUE(parameter.grad().defined());
    parameter.sub_(parameter.grad(), *At(Goldens(), {"lr"}).AsDouble());
  }
  ExpectNear(Loss(model, images).item<double>(), losses[1]);
  ExpectNear(Total(model, /*buffers=*/false), At(record, {"parameters"}));
  ExpectNear(Total(model, /*buffers=*/true), At(record, {"buffers"}));
}

std::string TestName(const testing::TestParamInfo<size_t>& index) {
  const Json& record = (*At(Goldens(), {"records"}).AsArray())[index.param];
  return fmt::format("{}_{}", Text(At(record, {"builder"})), index.param);
}

INSTANTIATE_TEST_SUITE_P(Nets, TrainingGoldensTest,
                         testing::Range<size_t>(0, At(Goldens(), {"records"}).AsArray()->size()),
                         TestName);

}  // namespace
}  // namespace zoo::models
