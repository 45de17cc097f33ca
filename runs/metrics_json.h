// Metrics as JSON, which has neither NaN nor infinities: those are the strings "nan", "inf" and
// "-inf". Pure; any thread.
#ifndef ZOO_RUNS_METRICS_JSON_H_
#define ZOO_RUNS_METRICS_JSON_H_

#include <optional>

#include "zoo/base/json.h"
#include "zoo/runs/history.h"

namespace zoo {

Json NumberJson(double value);
// A number, what NumberJson makes of one, or null, which is how other writers put NaN. Nothing if
// it is none of these.
std::optional<double> ParseNumber(const Json& value);

Json MetricsJson(const Metrics& metrics);
// Nothing if it is no object or has a member that is no number.
std::optional<Metrics> ParseMetrics(const Json& value);

}  // namespace zoo

#endif  // ZOO_RUNS_METRICS_JSON_H_
