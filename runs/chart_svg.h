// A chart as a picture: an SVG document of its own, on no background and in colours that can be
// seen on a white one and on a dark one. Pure; any thread.
#ifndef ZOO_RUNS_CHART_SVG_H_
#define ZOO_RUNS_CHART_SVG_H_

#include <string>

#include "zoo/runs/chart.h"

namespace zoo {

// The same chart gives the same bytes. Values that are missing leave gaps.
std::string ChartAsSvg(const Chart& chart);

}  // namespace zoo

#endif  // ZOO_RUNS_CHART_SVG_H_
