// Axis: a range of numbers that holds some values, and the round numbers in it at which it is
// labelled. A value; pure; any thread.
//
//   Axis axis = Axis::Around(0.13, 2.41, 6);           // 0 to 2.5 in steps of 0.5
//   for (double tick : axis.Ticks()) Draw(axis.Place(tick), axis.Label(tick));
#ifndef ZOO_RUNS_AXIS_H_
#define ZOO_RUNS_AXIS_H_

#include <string>
#include <vector>

namespace zoo {

struct Axis {
  double low = 0, high = 1;
  double step = 1;  // between ticks: 1, 2 or 5 times a power of ten

  // From round number to round number, with at most some `ticks` steps; wider than a point though
  // the values may be all the same. REQUIRES: low <= high, and IsDrawable of both.
  static Axis Around(double low, double high, int ticks);
  // From the lowest value to the highest, labelled at whole numbers only.
  static Axis OfWholeNumbers(double low, double high, int ticks);

  std::vector<double> Ticks() const;
  // With as many decimals as the step has: "0.50".
  std::string Label(double tick) const;
  // 0 at the low end, 1 at the high end.
  double Place(double value) const;
};

// Whether a value can be put on an axis: it is finite, and so are sums and differences with others.
bool IsDrawable(double value);

}  // namespace zoo

#endif  // ZOO_RUNS_AXIS_H_
