#include "zoo/registry/parse_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/text.h"
#include "zoo/registry/name.h"
#include "zoo/registry/parse_artifact.h"
#include "zoo/registry/source_rules.h"

namespace zoo {
namespace {

constexpr std::string_view kKnownFields[] = {
    "model",   "weights",     "default", "architecture", "artifact",  "parameters",
    "license", "metrics",     "gflops",  "min_size",     "recipe",    "categories",
    "preset",  "fingerprint", "probe",   "supersedes",   "provenance"};
constexpr uint64_t kLargestSide = 65536;  // of an image, in pixels

struct NamedInterpolation {
  std::string_view name;
  Interpolation value;
};
constexpr NamedInterpolation kInterpolations[] = {{"bilinear", Interpolation::kBilinear},
                                                  {"bicubic", Interpolation::kBicubic}};

bool IsSide(const Json& json) {
  auto pixels = json.AsUint64();
  return pixels && *pixels >= 1 && *pixels <= kLargestSide;
}

std::string ReadNamePart(Fields& fields, std::string_view key, Need need) {
  const std::string* text = fields.String(key, need);
  if (text == nullptr) return "";
  if (!IsNamePart(*text)) {
    fields.Fail(key, fmt::format("{} is not a name: letters, digits, '.', '_' and '-', a letter or "
                                 "digit first, no \"..\", at most 128",
                                 Quote(*text, 80)));
  }
  return *text;
}

Architecture ReadArchitecture(Fields& entry, const std::string& model) {
  const Json* object = entry.Object("architecture");
  if (object == nullptr) return {model, {}};
  Fields fields(*object, "architecture", entry.problem());
  Architecture architecture;
  architecture.name = ReadNamePart(fields, "name", Need::kRequired);
  if (const Json* options = fields.Object("options")) architecture.options = *options->AsObject();
  return architecture;
}

std::vector<Metric> ReadMetrics(Fields& entry) {
  std::vector<Metric> metrics;
  const Json* object = entry.Object("metrics");
  if (object == nullptr) return metrics;
  for (const auto& [dataset, values] : *object->AsObject()) {
    if (values.AsObject() == nullptr) {
      entry.Fail("metrics", fmt::format("of {} must be an object", Quote(dataset, 80)));
      break;
    }
    for (const auto& [name, value] : *values.AsObject()) {
      auto number = value.AsDouble();
      if (!number || !std::isfinite(*number)) {
        entry.Fail("metrics",
                   fmt::format("of {}: {} must be a number", Quote(dataset, 80), Quote(name, 80)));
        return metrics;
      }
      metrics.push_back({dataset, name, *number});
    }
  }
  return metrics;
}

std::optional<std::array<int, 2>> ReadMinSize(Fields& entry) {
  const Json::Array* pair = entry.Array("min_size");
  if (pair == nullptr) return std::nullopt;
  if (pair->size() != 2 || !std::ranges::all_of(*pair, IsSide)) {
    entry.Fail("min_size", "must be [HEIGHT, WIDTH], whole numbers from 1 to 65536");
    return std::nullopt;
  }
  return std::array{static_cast<int>(*(*pair)[0].AsUint64()),
                    static_cast<int>(*(*pair)[1].AsUint64())};
}

// `[256]`: the sides of a square, as torchvision writes them.
int ReadSide(Fields& preset, std::string_view key) {
  const Json::Array* sides = preset.Array(key, Need::kRequired);
  if (sides == nullptr) return 0;
  if (sides->size() != 1 || !IsSide((*sides)[0])) {
    preset.Fail(key, "must be [PIXELS], one whole number from 1 to 65536");
    return 0;
  }
  return static_cast<int>(*(*sides)[0].AsUint64());
}

std::array<double, 3> ReadChannels(Fields& preset, std::string_view key, bool (*fits)(double),
                                   std::string_view wanted) {
  std::array<double, 3> channels{};
  const Json::Array* numbers = preset.Array(key, Need::kRequired);
  if (numbers == nullptr) return channels;
  bool right = numbers->size() == channels.size();
  for (size_t i = 0; right && i < channels.size(); ++i) {
    auto number = (*numbers)[i].AsDouble();
    right = number && std::isfinite(*number) && fits(*number);
    if (right) channels[i] = *number;
  }
  if (!right) preset.Fail(key, wanted);
  return channels;
}

std::optional<Preset> ReadPreset(Fields& entry) {
  const Json* object = entry.Object("preset");
  if (object == nullptr) return std::nullopt;
  Fields fields(*object, "preset", entry.problem());
  Preset preset;
  preset.resize = ReadSide(fields, "resize");
  preset.crop = ReadSide(fields, "crop");
  if (const std::string* text = fields.String("interpolation", Need::kRequired)) {
    auto row = std::ranges::find(kInterpolations, *text, &NamedInterpolation::name);
    if (row == std::end(kInterpolations)) {
      fields.Fail("interpolation",
                  fmt::format("{} is neither bilinear nor bicubic", Quote(*text, 80)),
                  ErrorCode::kUnsupported);
    } else {
      preset.interpolation = row->value;
    }
  }
  if (!fields.Bool("antialias").value_or(true)) {
    fields.Fail("antialias", "false is not supported", ErrorCode::kUnsupported);
  }
  preset.mean = ReadChannels(
      fields, "mean", [](double number) { return number >= 0; },
      "must be three numbers, none below 0");
  preset.std = ReadChannels(
      fields, "std", [](double number) { return number > 0; }, "must be three numbers above 0");
  return preset;
}

void ReadProbeInput(Fields& probe) {
  const Json* object = probe.Object("input", Need::kRequired);
  if (object == nullptr) return;
  Fields input(*object, probe.PathOf("input"), probe.problem());
  if (input.Any("photo") != nullptr) {
    if (const std::string* photo = input.String("photo")) {
      if (auto wrong = WrongFileName(*photo)) input.Fail("photo", *wrong);
    }
    const std::string* digest = input.String("sha256", Need::kRequired);
    if (digest == nullptr) return;
    if (auto parsed = Digest::FromHex(*digest); !parsed) {
      input.Fail("sha256", parsed.error().Text());
    }
    return;
  }
  input.String("seed", Need::kRequired);
  input.String("name", Need::kRequired);
  const Json::Array* shape = input.Array("shape", Need::kRequired);
  if (shape != nullptr && (shape->size() != 4 || !std::ranges::all_of(*shape, IsSide))) {
    input.Fail("shape", "must be [N, C, H, W], whole numbers from 1 to 65536");
  }
}

void ReadOneProbe(const Json& json, const std::string& path, Problem& problem) {
  Fields fields(json, path, problem);
  ReadProbeInput(fields);
  fields.String("dtype", Need::kRequired);
  const Json::Array* logits = fields.Array("logits", Need::kRequired);
  bool numbers =
      logits != nullptr && !logits->empty() && std::ranges::all_of(*logits, [](const Json& json) {
        auto number = json.AsDouble();
        return number && std::isfinite(*number);
      });
  if (!numbers) fields.Fail("logits", "must be the first logits, at least one number");
  fields.Number("sum");
  fields.Whole("argmax");
  auto tolerance = fields.Number("tolerance", Need::kRequired);
  if (tolerance && *tolerance <= 0) fields.Fail("tolerance", "must be above 0");
  fields.String("made_with");
}

// One probe, or several in an array.
std::optional<Json> ReadProbe(Fields& entry) {
  const Json* probe = entry.Any("probe");
  if (probe == nullptr) return std::nullopt;
  const Json::Array* several = probe->AsArray();
  if (several == nullptr) {
    if (entry.Object("probe") != nullptr) ReadOneProbe(*probe, "probe", entry.problem());
    return *probe;
  }
  if (several->empty()) entry.Fail("probe", "is empty");
  for (size_t i = 0; i < several->size(); ++i) {
    ReadOneProbe((*several)[i], fmt::format("probe[{}]", i), entry.problem());
  }
  return *probe;
}

std::string ReadFingerprint(Fields& entry) {
  constexpr std::string_view kPrefix = "weights:";
  const std::string* text = entry.String("fingerprint");
  if (text == nullptr) return "";
  if (!text->starts_with(kPrefix) || !Digest::Parse(text->substr(kPrefix.size()))) {
    entry.Fail("fingerprint",
               fmt::format("must be weights:sha256: and 64 digits of 0-9 and a-f, is "
                           "{}",
                           Quote(*text, 100)));
  }
  return *text;
}

std::string ReadSupersedes(Fields& entry) {
  const std::string* text = entry.String("supersedes");
  if (text == nullptr) return "";
  if (auto name = ParseName(*text); !name) entry.Fail("supersedes", name.error().message);
  return *text;
}

std::string TextOr(const std::string* text, std::string_view otherwise) {
  return text != nullptr ? *text : std::string(otherwise);
}

}  // namespace

Entry ParseEntry(const Json& json, RegistryOrigin origin, Problem& problem) {
  Entry entry;
  Fields fields(json, "", problem);
  entry.model = ReadNamePart(fields, "model", Need::kRequired);
  entry.weights = ReadNamePart(fields, "weights", Need::kOptional);
  entry.is_default = fields.Bool("default").value_or(false);
  entry.architecture = ReadArchitecture(fields, entry.model);
  entry.artifact = ParseArtifact(fields, origin);
  entry.parameters = fields.Whole("parameters");
  entry.license = TextOr(fields.String("license"), "not stated");
  if (entry.license.empty()) fields.Fail("license", "is empty; write \"not stated\"");
  entry.metrics = ReadMetrics(fields);
  entry.gflops = fields.Number("gflops");
  if (entry.gflops && *entry.gflops < 0) fields.Fail("gflops", "must not be below 0");
  entry.min_size = ReadMinSize(fields);
  entry.recipe = TextOr(fields.String("recipe"), "");
  entry.categories = TextOr(fields.String("categories"), "");
  entry.preset = ReadPreset(fields);
  entry.fingerprint = ReadFingerprint(fields);
  entry.probe = ReadProbe(fields);
  entry.supersedes = ReadSupersedes(fields);
  if (const Json* provenance = fields.Object("provenance")) entry.provenance = *provenance;
  if (problem.found()) return entry;
  for (const auto& [key, value] : *json.AsObject()) {
    if (std::ranges::find(kKnownFields, key) == std::end(kKnownFields)) {
      entry.unknown.emplace_back(key, value);
    }
  }
  return entry;
}

}  // namespace zoo
