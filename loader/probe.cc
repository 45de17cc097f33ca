#include "zoo/loader/probe.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "zoo/loader/torch_error.h"
#include "zoo/registry/source_rules.h"

namespace zoo {
namespace {

constexpr int64_t kMaxSide = 4096;
constexpr int64_t kMaxBatch = 64;
// 1 GiB, which is taken before the model has seen anything of it.
constexpr int64_t kMaxNumbers = int64_t{1} << 28;
constexpr size_t kRecordedLogits = 16;

constexpr double kNoises = 20;
constexpr double kLeastTolerance = 1e-4;
constexpr double kLeastRelative = 2e-5;
constexpr double kFloat64Relative = 1e-9;

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

Result<std::vector<int64_t>> ShapeOf(const Json* json) {
  std::vector<int64_t> shape;
  if (json != nullptr && json->AsArray() != nullptr) {
    for (const Json& item : *json->AsArray()) shape.push_back(item.AsInt64().value_or(0));
  }
  if (!IsImageBatch(shape)) {
    return Corrupt("input.shape", fmt::format("[N, 3, height, width] of {}", kImageBatchLimits));
  }
  return shape;
}

Result<PhotoInput> PhotoOf(const Json& input) {
  PhotoInput photo;
  ZOO_ASSIGN_OR_RETURN(photo.photo, TextOf(input.Find("photo"), "input.photo"));
  if (WrongFileName(photo.photo)) return Corrupt("input.photo", "the name of a file");
  ZOO_ASSIGN_OR_RETURN(const std::string hex, TextOf(input.Find("sha256"), "input.sha256"));
  const Result<Digest> digest = Digest::FromHex(hex);
  if (!digest) return Corrupt("input.sha256", "64 digits of 0-9 and a-f");
  photo.sha256 = *digest;
  return photo;
}

Result<ProbeInput> InputOf(const Json* json) {
  if (json == nullptr || json->AsObject() == nullptr) return Corrupt("input", "an object");
  if (json->Find("photo") != nullptr) {
    ZOO_ASSIGN_OR_RETURN(PhotoInput photo, PhotoOf(*json));
    return ProbeInput(std::move(photo));
  }
  GeneratedInput input;
  ZOO_ASSIGN_OR_RETURN(input.seed, TextOf(json->Find("seed"), "input.seed"));
  ZOO_ASSIGN_OR_RETURN(input.name, TextOf(json->Find("name"), "input.name"));
  ZOO_ASSIGN_OR_RETURN(input.shape, ShapeOf(json->Find("shape")));
  return ProbeInput(std::move(input));
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

// Fields that a registry may leave out.
Status ReadOptional(const Json& json, Probe& probe) {
  if (const Json* sum = json.Find("sum")) {
    ZOO_ASSIGN_OR_RETURN(probe.sum, NumberOf(sum, "sum"));
  }
  if (const Json* argmax = json.Find("argmax")) {
    probe.argmax = argmax->AsInt64();
    if (!probe.argmax) return Corrupt("argmax", "a whole number");
  }
  if (const Json* made_with = json.Find("made_with")) {
    ZOO_ASSIGN_OR_RETURN(probe.made_with, TextOf(made_with, "made_with"));
  }
  return {};
}

Json InputJson(const ProbeInput& input) {
  if (const auto* photo = std::get_if<PhotoInput>(&input)) {
    return Json::Object{{"photo", photo->photo}, {"sha256", photo->sha256.hex()}};
  }
  const auto& generated = std::get<GeneratedInput>(input);
  return Json::Object{{"seed", generated.seed},
                      {"name", generated.name},
                      {"shape", Json::Array(generated.shape.begin(), generated.shape.end())}};
}

// The first row of what the model gives in that type, as float64.
Result<at::Tensor> RowOf(models::Classifier& model, const at::Tensor& images,
                         at::ScalarType dtype) {
  at::Tensor row;
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot run " + model.name(), [&] {
    torch::NoGradGuard no_grad;
    model.to(dtype);
    row = model.forward(images.to(dtype))[0].to(at::kDouble).contiguous();
  }));
  return row;
}

std::span<const double> Values(const at::Tensor& row) {
  return {row.const_data_ptr<double>(), static_cast<size_t>(row.numel())};
}

// Two digits are as much as a tolerance is known to.
double Rounded(double number) {
  const std::string text = fmt::format("{:.1e}", number);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

double GreatestDifference(std::span<const double> a, std::span<const double> b) {
  double greatest = 0;
  for (size_t i = 0; i < a.size(); ++i) greatest = std::max(greatest, std::abs(a[i] - b[i]));
  return greatest;
}

}  // namespace

bool IsImageBatch(const std::vector<int64_t>& shape) {
  const auto side = [](int64_t n) { return n >= 1 && n <= kMaxSide; };
  return shape.size() == 4 && shape[0] >= 1 && shape[0] <= kMaxBatch && shape[1] == 3 &&
         side(shape[2]) && side(shape[3]) &&
         shape[0] * shape[1] * shape[2] * shape[3] <= kMaxNumbers;
}

Result<Probe> ParseProbe(const Json& json) {
  Probe probe;
  ZOO_ASSIGN_OR_RETURN(probe.input, InputOf(json.Find("input")));
  ZOO_ASSIGN_OR_RETURN(probe.dtype, DTypeOf(json.Find("dtype")));
  ZOO_ASSIGN_OR_RETURN(probe.logits, LogitsOf(json.Find("logits")));
  ZOO_ASSIGN_OR_RETURN(probe.tolerance, NumberOf(json.Find("tolerance"), "tolerance"));
  if (!(probe.tolerance > 0)) return Corrupt("tolerance", "above 0");
  ZOO_RETURN_IF_ERROR(ReadOptional(json, probe));
  return probe;
}

Json ProbeJson(const Probe& probe) {
  Json::Object json{{"input", InputJson(probe.input)},
                    {"dtype", probe.dtype == at::kDouble ? "float64" : "float32"},
                    {"logits", Json::Array(probe.logits.begin(), probe.logits.end())}};
  if (probe.sum) json.emplace_back("sum", *probe.sum);
  if (probe.argmax) json.emplace_back("argmax", *probe.argmax);
  json.emplace_back("tolerance", probe.tolerance);
  if (!probe.made_with.empty()) json.emplace_back("made_with", probe.made_with);
  return json;
}

at::Tensor Generate(const GeneratedInput& input) {
  at::Tensor images = at::empty(input.shape, at::kFloat);
  const std::vector<float> values =
      GenerateInput(static_cast<size_t>(images.numel()), input.name, input.seed);
  std::ranges::copy(values, images.mutable_data_ptr<float>());
  return images;
}

Result<models::LogitsOutcome> RunProbe(const Probe& probe, models::Classifier& model,
                                       const at::Tensor& images) {
  ZOO_ASSIGN_OR_RETURN(const at::Tensor row, RowOf(model, images, probe.dtype));
  return models::CompareLogits(
      row, {.first = probe.logits, .sum = probe.sum, .argmax = probe.argmax}, probe.tolerance);
}

Result<Probe> RecordProbe(models::Classifier& model, ProbeInput input, const at::Tensor& images,
                          at::ScalarType dtype) {
  ZOO_ASSIGN_OR_RETURN(const at::Tensor row, RowOf(model, images, dtype));
  const std::span<const double> logits = Values(row);
  if (!std::ranges::all_of(logits, [](double logit) { return std::isfinite(logit); })) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{} gives a logit that is not a finite number", model.name()),
                 "no probe can be made of that"};
  }
  double largest = 0;
  for (const double logit : logits) largest = std::max(largest, std::abs(logit));
  double tolerance = kFloat64Relative * std::max(1.0, largest);
  if (dtype != at::kDouble) {
    ZOO_ASSIGN_OR_RETURN(const at::Tensor exact, RowOf(model, images, at::kDouble));
    tolerance = std::max({kLeastTolerance, kLeastRelative * largest,
                          kNoises * GreatestDifference(logits, Values(exact))});
  }
  const auto greatest = std::ranges::max_element(logits);
  const auto recorded = logits.first(std::min(kRecordedLogits, logits.size()));
  return Probe{.input = std::move(input),
               .dtype = dtype,
               .logits = {recorded.begin(), recorded.end()},
               .sum = std::accumulate(logits.begin(), logits.end(), 0.0),
               .argmax = greatest - logits.begin(),
               .tolerance = Rounded(tolerance),
               .made_with = fmt::format("LibTorch {} cpu", TORCH_VERSION)};
}

}  // namespace zoo
