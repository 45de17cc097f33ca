#include "zoo/registry/entry.h"

namespace zoo {

std::optional<double> Entry::metric(std::string_view metric_name) const {
  for (const Metric& metric : metrics) {
    if (metric.name == metric_name) return metric.value;
  }
  return std::nullopt;
}

}  // namespace zoo
