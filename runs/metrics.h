// Metrics: what a training loop measured in an epoch, and its JSON, which has neither NaN nor
// infinities: those are the strings "nan", "inf" and "-inf". Values and pure functions; any thread.
//
//   Metrics metrics = {{"loss", 0.25}, {"acc", 0.9}};
//   if (const double* loss = FindMetric(metrics, "loss")) Use(*loss);
#ifndef ZOO_RUNS_METRICS_H_
#define ZOO_RUNS_METRICS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/json.h"

namespace zoo {

// Names and values, in the order in which they were given; no name twice.
using Metrics = std::vector<std::pair<std::string, double>>;
// Null if there is none of that name.
const double* FindMetric(const Metrics& metrics, std::string_view name);

Json NumberJson(double value);
// A number, what NumberJson makes of one, or null, which is how other writers put NaN. Nothing if
// it is none of these.
std::optional<double> ParseNumber(const Json& value);

Json MetricsJson(const Metrics& metrics);
// Nothing if it is no object or has a member that is no number.
std::optional<Metrics> ParseMetrics(const Json& value);

}  // namespace zoo

#endif  // ZOO_RUNS_METRICS_H_
