#include "zoo/loader/probe.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string_view>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr int64_t kMaxSide = 4096;
constexpr int64_t kMaxBatch = 64;

Error Corrupt(std::string_view field, std::string_view what) {
  return Error{ErrorCode::kCorrupt, fmt::format("probe: {} is not {}", field, what), ""};
}

Result<std::string> TextOf(const Json* json, std::string_view field) {
  if (json == nullptr || json->AsString() == nullptr) return Corrupt(field, "a string");
  return *json->AsString();
}

Result<double> NumberOf(const Json* json, std::string_view field) {
  if (json == nullptr || !json->AsDouble()) return Corrupt(field, "a number");
  return *json->AsDouble();
}

bool IsImageBatch(const std::vector<int64_t>& shape) {
  const auto side = [](int64_t n) { return n >= 1 && n <= kMaxSide; };
  return shape.size() == 4 && shape[0] >= 1 && shape[0] <= kMaxBatch && shape[1] == 3 &&
         side(shape[2]) && side(shape[3]);
}

Result<std::vector<int64_t>> ShapeOf(const Json* json) {
  std::vector<int64_t> shape;
  if (json != nullptr && json->AsArray() != nullptr) {
    for (const Json& item : *json->AsArray()) shape.push_back(item.AsInt64().value_or(0));
  }
  if (!IsImageBatch(shape)) return Corrupt("input.shape", "[N, 3, height, width]");
  return shape;
}

Result<std::vector<double>> LogitsOf(const Json* json) {
  if (json == nullptr || json->AsArray() == nullptr || json->AsArray()->empty()) {
    return Corrupt("logits", "an array of numbers");
  }
  std::vector<double> logits;
  for (const Json& item : *json->AsArray()) {
    ZOO_ASSIGN_OR_RETURN(const double logit, NumberOf(&item, "logits"));
    logits.push_back(logit);
  }
  return logits;
}

Result<at::ScalarType> DTypeOf(const Json* json) {
  ZOO_ASSIGN_OR_RETURN(const std::string dtype, TextOf(json, "dtype"));
  if (dtype == "float32") return at::kFloat;
  if (dtype == "float64") return at::kDouble;
  return Corrupt("dtype", "float32 or float64");
}

uint64_t Fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

Result<Probe> ParseProbe(const Json& json) {
  const Json* input = json.Find("input");
  if (input == nullptr) return Corrupt("input", "an object");
  if (input->Find("photo") != nullptr) {
    return Error{ErrorCode::kUnsupported, "the probe's input is a photo, which is not looked for",
                 "only generated inputs are checked"};
  }
  Probe probe;
  ZOO_ASSIGN_OR_RETURN(probe.seed, TextOf(input->Find("seed"), "input.seed"));
  ZOO_ASSIGN_OR_RETURN(probe.name, TextOf(input->Find("name"), "input.name"));
  ZOO_ASSIGN_OR_RETURN(probe.shape, ShapeOf(input->Find("shape")));
  ZOO_ASSIGN_OR_RETURN(probe.dtype, DTypeOf(json.Find("dtype")));
  ZOO_ASSIGN_OR_RETURN(probe.logits, LogitsOf(json.Find("logits")));
  ZOO_ASSIGN_OR_RETURN(probe.sum, NumberOf(json.Find("sum"), "sum"));
  ZOO_ASSIGN_OR_RETURN(const double argmax, NumberOf(json.Find("argmax"), "argmax"));
  probe.argmax = static_cast<int64_t>(argmax);
  ZOO_ASSIGN_OR_RETURN(probe.tolerance, NumberOf(json.Find("tolerance"), "tolerance"));
  return probe;
}

at::Tensor ProbeInput(const Probe& probe) {
  at::Tensor input = at::empty(probe.shape, at::kFloat);
  uint64_t state = Fnv1a(probe.seed + "/" + probe.name);
  float* values = input.mutable_data_ptr<float>();
  for (int64_t i = 0; i < input.numel(); ++i) {
    state += 0x9E3779B97F4A7C15;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z ^= z >> 31;
    values[i] = static_cast<float>(2 * (static_cast<double>(z >> 40) * 0x1p-23 - 1));
  }
  return input.to(probe.dtype);
}

ProbeOutcome CompareProbe(const Probe& probe, const at::Tensor& logits) {
  const at::Tensor row = logits[0].to(at::kDouble).contiguous();
  const auto count = static_cast<size_t>(row.numel());
  const double* values = row.const_data_ptr<double>();
  ProbeOutcome outcome;
  if (count < probe.logits.size()) {
    outcome.text =
        fmt::format("there are {} logits, expected {} or more", count, probe.logits.size());
    return outcome;
  }
  const auto note = [&outcome](std::string text) {
    if (outcome.text.empty()) outcome.text = std::move(text);
  };
  for (size_t i = 0; i < probe.logits.size(); ++i) {
    const double difference = std::abs(values[i] - probe.logits[i]);
    outcome.difference = std::max(outcome.difference, difference);
    if (!(difference <= probe.tolerance)) {
      note(fmt::format("logit {} is {:.9g}, expected {:.9g}", i, values[i], probe.logits[i]));
    }
  }
  const double sum = std::accumulate(values, values + count, 0.0);
  if (!(std::abs(sum - probe.sum) <= probe.tolerance * static_cast<double>(count))) {
    note(fmt::format("the sum of the logits is {:.9g}, expected {:.9g}", sum, probe.sum));
  }
  const auto argmax = static_cast<int64_t>(std::max_element(values, values + count) - values);
  if (argmax != probe.argmax) {
    note(fmt::format("the greatest logit is number {}, expected {}", argmax, probe.argmax));
  }
  outcome.passed = outcome.text.empty();
  return outcome;
}

}  // namespace zoo
