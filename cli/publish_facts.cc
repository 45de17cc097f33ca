#include "zoo/cli/publish_facts.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/registry/name.h"
#include "zoo/share/spdx.h"

namespace zoo::cli {
namespace {

constexpr uint64_t kLargestList = 4 << 20;  // bytes of a file of categories

Error Usage(std::string message, std::string hint) {
  return {ErrorCode::kUsage, std::move(message), std::move(hint)};
}

Status ReadName(const std::string& text, Entry& entry) {
  ZOO_ASSIGN_OR_RETURN(Name name, ParseName(text));
  if (!name.registry.empty() || name.digest) {
    return Usage(fmt::format("--name {} is not MODEL or MODEL:WEIGHTS", Quote(text)),
                 "the folder of --to is the registry, and the digest is the file's");
  }
  entry.model = std::move(name.model);
  entry.weights = std::move(name.weights);
  return {};
}

Result<Metric> ReadMetric(const std::string& text) {
  const size_t equals = text.rfind('=');
  const size_t slash = text.substr(0, equals).rfind('/');
  const bool parted = equals != text.npos && slash != text.npos && slash > 0 && slash + 1 < equals;
  double value = 0;
  if (parted) {
    const char* end = text.data() + text.size();
    const auto [read, failed] = std::from_chars(text.data() + equals + 1, end, value);
    if (failed == std::errc() && read == end && std::isfinite(value)) {
      return Metric{text.substr(0, slash), text.substr(slash + 1, equals - slash - 1), value};
    }
  }
  return Usage(fmt::format("--metric {} is not DATASET/NAME=NUMBER", Quote(text)),
               "write --metric digits/acc@1=98.9, for example");
}

// Those of one data set side by side, as an entry has them.
Result<std::vector<Metric>> ReadMetrics(const std::vector<std::string>& texts) {
  std::vector<Metric> metrics;
  for (const std::string& text : texts) {
    ZOO_ASSIGN_OR_RETURN(Metric metric, ReadMetric(text));
    auto place = metrics.end();
    for (auto at = metrics.begin(); at != metrics.end(); ++at) {
      if (at->dataset != metric.dataset) continue;
      if (at->name == metric.name) {
        return Usage(fmt::format("--metric {}/{} is given twice", Escape(metric.dataset),
                                 Escape(metric.name)),
                     "");
      }
      place = at + 1;
    }
    metrics.insert(place, std::move(metric));
  }
  return metrics;
}

Result<std::vector<std::string>> ReadCategories(const std::string& file) {
  std::vector<std::string> names;
  if (file.empty()) return names;
  ZOO_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kLargestList));
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string name = text.substr(at, end - at);
    if (name.ends_with('\r')) name.pop_back();
    // What cannot stand in JSON as it is would become another name.
    const auto same = ParseJson(Json(name).Dump());
    if (name.empty() || !same || *same != Json(name)) {
      return Usage(fmt::format("{}: line {} is {}", Escape(file, 1000), names.size() + 1,
                               name.empty() ? "empty" : "not UTF-8"),
                   "a file of categories has one name a line, in the order of the logits");
    }
    names.push_back(std::move(name));
    at = end + 1;
  }
  if (names.empty()) return Usage(fmt::format("{} is empty", Escape(file, 1000)), "");
  return names;
}

}  // namespace

void PublishFacts::Add(CLI::App& app) {
  app.add_option("--name", name, "what the weights are called: MODEL or MODEL:WEIGHTS")
      ->type_name("MODEL:WEIGHTS")
      ->required();
  app.add_option("--license", license,
                 "the licence of the weights: an SPDX name, or LicenseRef-NAME for terms of your "
                 "own")
      ->type_name("SPDX")
      ->required();
  app.add_option("--metric", metrics,
                 "how well they do: DATASET/NAME=NUMBER, accuracy in per cent; may be repeated")
      ->type_name("METRIC")
      ->allow_extra_args(false);
  app.add_option("--categories", categories, "a file with the names of the classes, one a line")
      ->type_name("FILE");
  app.add_option("--recipe", recipe, "how they were trained: a URL or text")->type_name("TEXT");
  app.add_option("--supersedes", supersedes, "the weights that these correct")->type_name("NAME");
  app.add_flag("--default", is_default, "the model's name alone means these weights from now on");
}

Result<StatedFacts> ReadFacts(const PublishFacts& facts) {
  StatedFacts stated;
  Entry& entry = stated.entry;
  ZOO_RETURN_IF_ERROR(ReadName(facts.name, entry));
  ZOO_RETURN_IF_ERROR(CheckLicense(facts.license));
  if (!facts.supersedes.empty()) {
    ZOO_RETURN_IF_ERROR(ParseName(facts.supersedes));
  }
  entry.license = facts.license;
  entry.is_default = facts.is_default;
  entry.recipe = facts.recipe;
  entry.supersedes = facts.supersedes;
  ZOO_ASSIGN_OR_RETURN(entry.metrics, ReadMetrics(facts.metrics));
  ZOO_ASSIGN_OR_RETURN(stated.category_names, ReadCategories(facts.categories));
  return stated;
}

}  // namespace zoo::cli
