// A chart for a terminal: a curve of dots for each metric, one below the other, as wide as there is
// room. Pure; any thread.
#ifndef ZOO_RUNS_CHART_TEXT_H_
#define ZOO_RUNS_CHART_TEXT_H_

#include <string>

#include "zoo/runs/chart.h"

namespace zoo {

// Lines of at most `columns` (from 20 on), each with its newline. The best epoch is a star.
std::string ChartAsText(const Chart& chart, int columns);

}  // namespace zoo

#endif  // ZOO_RUNS_CHART_TEXT_H_
