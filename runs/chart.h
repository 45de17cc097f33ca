// Chart: the metrics of a run as curves over its epochs, each on one of two axes: what goes down
// and what goes up have little room on one. Values; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(Chart chart, ChartOf(run));
//   std::string svg = ChartAsSvg(chart);     // chart_svg.h
//   std::string text = ChartAsText(chart);   // chart_text.h
#ifndef ZOO_RUNS_CHART_H_
#define ZOO_RUNS_CHART_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/runs/listing.h"

namespace zoo {

struct Curve {
  std::string name;
  std::vector<double> values;  // one for each of the chart's epochs; NaN: there is none to be drawn
  bool right = false;          // belongs to the axis on the right
};

struct Chart {
  std::string title;
  std::vector<double> epochs;  // rising; at least one
  std::vector<Curve> curves;   // at least one; the first is on the left
  // Of the best epoch, if there is one among these: its place in `epochs`, and the curve that says
  // so.
  struct Best {
    size_t epoch = 0, curve = 0;
  };
  std::optional<Best> best;

  bool two_axes() const;
};

// The metrics of the rows that have an epoch, of very many the first. A metric without a number
// that can be drawn is left out. kNotFound if nothing is left.
Result<Chart> ChartOf(const RunListing& run);

// The least and the greatest of the values that can be drawn; nothing if there are none.
struct Range {
  double low = 0, high = 0;
};
std::optional<Range> RangeOf(const std::vector<double>& values);
// Of all curves of one axis.
std::optional<Range> RangeOf(const Chart& chart, bool right);

}  // namespace zoo

#endif  // ZOO_RUNS_CHART_H_
