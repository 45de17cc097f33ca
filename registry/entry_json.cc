#include "zoo/registry/entry_json.h"

#include <string>
#include <utility>
#include <variant>

#include "zoo/registry/pieces.h"

namespace zoo {
namespace {

template <typename Range>
Json::Array ArrayOf(const Range& values) {
  Json::Array array;
  for (const auto& value : values) array.emplace_back(value);
  return array;
}

Json SourceJson(const Source& source) {
  if (const auto* url = std::get_if<UrlSource>(&source)) return Json::Object{{"url", url->url}};
  const auto& wheel = std::get<WheelSource>(source);
  return Json::Object{{"wheel", wheel.requirement}, {"member", wheel.member}};
}

Json ArtifactJson(const Artifact& artifact) {
  Json::Object object{{"file", artifact.file}};
  if (artifact.size) {
    object.emplace_back("size", *artifact.size);
  } else {
    object.emplace_back("size_range", Json::Array{artifact.min_size, artifact.max_size});
  }
  if (artifact.sha256) object.emplace_back("sha256", artifact.sha256->hex());
  if (!artifact.sha256_prefix.empty()) {
    object.emplace_back("sha256_prefix", artifact.sha256_prefix);
  }
  Json::Array sources;
  for (const Source& source : artifact.sources) sources.push_back(SourceJson(source));
  object.emplace_back("sources", std::move(sources));
  if (artifact.pieces) object.emplace_back("pieces", PiecesJson(*artifact.pieces));
  return object;
}

// Metrics of one data set stand side by side in an entry, because they stood so in its file.
Json MetricsJson(const std::vector<Metric>& metrics) {
  Json::Object datasets;
  for (const Metric& metric : metrics) {
    if (datasets.empty() || datasets.back().first != metric.dataset) {
      datasets.emplace_back(metric.dataset, Json::Object{});
    }
    datasets.back().second.AsObject()->emplace_back(metric.name, metric.value);
  }
  return datasets;
}

Json PresetJson(const Preset& preset) {
  return Json::Object{
      {"resize", Json::Array{preset.resize}},
      {"crop", Json::Array{preset.crop}},
      {"interpolation", preset.interpolation == Interpolation::kBilinear ? "bilinear" : "bicubic"},
      {"antialias", true},
      {"mean", ArrayOf(preset.mean)},
      {"std", ArrayOf(preset.std)},
  };
}

}  // namespace

Json::Object ToJson(const Entry& entry) {
  Json::Object object{{"model", entry.model}};
  auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) object.emplace_back(key, value);
  };
  auto value = [&](const char* key, const auto& known) {
    if (known) object.emplace_back(key, *known);
  };
  text("weights", entry.weights);
  if (entry.is_default) object.emplace_back("default", true);
  object.emplace_back("architecture", Json::Object{{"name", entry.architecture.name},
                                                   {"options", entry.architecture.options}});
  object.emplace_back("artifact", ArtifactJson(entry.artifact));
  value("parameters", entry.parameters);
  object.emplace_back("license", entry.license);
  if (!entry.metrics.empty()) object.emplace_back("metrics", MetricsJson(entry.metrics));
  value("gflops", entry.gflops);
  if (entry.min_size) object.emplace_back("min_size", ArrayOf(*entry.min_size));
  text("recipe", entry.recipe);
  text("categories", entry.categories);
  if (entry.preset) object.emplace_back("preset", PresetJson(*entry.preset));
  text("fingerprint", entry.fingerprint);
  value("probe", entry.probe);
  text("supersedes", entry.supersedes);
  value("provenance", entry.provenance);
  for (const auto& member : entry.unknown) object.push_back(member);
  return object;
}

}  // namespace zoo
