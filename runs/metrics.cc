#include "zoo/runs/metrics.h"

#include <cmath>
#include <limits>
#include <utility>

namespace zoo {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Special {
  std::string_view name;
  double value;
};
constexpr Special kSpecials[] = {
    {"nan", std::numeric_limits<double>::quiet_NaN()}, {"inf", kInfinity}, {"-inf", -kInfinity}};

}  // namespace

const double* FindMetric(const Metrics& metrics, std::string_view name) {
  for (const auto& [key, value] : metrics) {
    if (key == name) return &value;
  }
  return nullptr;
}

Json NumberJson(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

std::optional<double> ParseNumber(const Json& value) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  for (const Special& special : kSpecials) {
    if (value == Json(special.name)) return special.value;
  }
  return value.AsDouble();
}

Json MetricsJson(const Metrics& metrics) {
  Json::Object object;
  for (const auto& [name, value] : metrics) object.emplace_back(name, NumberJson(value));
  return object;
}

std::optional<Metrics> ParseMetrics(const Json& value) {
  if (value.AsObject() == nullptr) return std::nullopt;
  Metrics metrics;
  for (const auto& [name, number] : *value.AsObject()) {
    auto parsed = ParseNumber(number);
    if (!parsed) return std::nullopt;
    metrics.emplace_back(name, *parsed);
  }
  return metrics;
}

}  // namespace zoo
