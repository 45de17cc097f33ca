#include "zoo/models/goldens.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/generator.h"
#include "zoo/base/json.h"
#include "zoo/models/architectures.h"
#include "zoo/models/state_dict.h"

namespace zoo::models {
namespace {

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

Error Mismatch(const Golden& golden, std::string_view what) {
  return Error{ErrorCode::kMismatch, fmt::format("{}: {}", golden.net, what), ""};
}

}  // namespace

std::span<const Golden> Goldens() { return kGoldens; }

Result<std::shared_ptr<Classifier>> MakeGolden(const Golden& golden) {
  ZOO_ASSIGN_OR_RETURN(const Json options, ParseJson(golden.options));
  ZOO_ASSIGN_OR_RETURN(auto model, Make(golden.architecture, *options.AsObject()));
  model->eval();
  return model;
}

uint64_t WeightBytes(const Classifier& model) {
  uint64_t bytes = 0;
  for (const NamedTensor& slot : StateDictOf(model)) bytes += slot.tensor.nbytes();
  return bytes;
}

Digest KeysDigest(const Classifier& model) {
  return Digest::Of(AsBytes(KeyLines(StateDictOf(model))));
}

Status FillGolden(const Golden& golden, Classifier& model) {
  std::vector<NamedTensor> state = StateDictOf(model);
  if (state.size() != golden.entries) {
    return Mismatch(golden, fmt::format("the state dict has {} entries, Python's {}", state.size(),
                                        golden.entries));
  }
  if (KeysDigest(model).hex() != golden.keys_sha256) {
    return Mismatch(golden, "names, types, shapes or order of the state dict are not Python's");
  }
  if (Fill(state).hex() != golden.fill_sha256) {
    return Mismatch(golden, "the generated values are not those that Python generated");
  }
  return {};
}

double ToleranceOf(const Golden& golden, at::ScalarType dtype) {
  return dtype == at::kDouble ? golden.float64_tolerance : golden.float32_tolerance;
}

LogitsOutcome RunGolden(const Golden& golden, Classifier& model, at::ScalarType dtype) {
  torch::NoGradGuard no_grad;
  const auto count = static_cast<size_t>(c10::multiply_integers(golden.input));
  const at::Tensor input = ToTensor(GenerateInput(count), golden.input);
  model.to(dtype);
  const at::Tensor logits = model.forward(input.to(dtype));
  LogitsOutcome first;
  for (size_t i = 0; i < golden.rows.size(); ++i) {
    LogitsOutcome outcome =
        CompareLogits(logits[static_cast<int64_t>(i)], golden.rows[i], ToleranceOf(golden, dtype));
    first.difference = std::max(first.difference, outcome.difference);
    if (first.passed() && !outcome.passed()) {
      first.text = fmt::format("image {}: {}", i, outcome.text);
    }
  }
  return first;
}

}  // namespace zoo::models
