#include "zoo/runs/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace zoo {
namespace {

constexpr double kLargest = 1e150;
// A range narrower than this, relative to its numbers, has no digits to tell ticks apart.
constexpr double kNarrowest = 1e-9;
constexpr int kMostTicks = 100;
constexpr int kMostDecimals = 12;
constexpr double kManyDigits = 1e7;  // from here on labels have exponents

// The least of 1, 2 and 5 times a power of ten that parts the range into at most so many.
double RoundStep(double range, int ticks) {
  const double least = range / std::max(ticks, 1);
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (double factor : {1.0, 2.0, 5.0}) {
    // Not to be missed by a rounding error.
    if (factor * power >= least * (1 - 1e-12)) return factor * power;
  }
  return 10 * power;
}

}  // namespace

bool IsDrawable(double value) { return std::abs(value) <= kLargest; }

Axis Axis::Around(double low, double high, int ticks) {
  const double largest = std::max(std::abs(low), std::abs(high));
  if (high - low <= std::max(largest * kNarrowest, 1 / kLargest)) {
    const double around = largest > 1 / kLargest ? largest / 10 : 1;
    low -= around;
    high += around;
  }
  Axis axis;
  axis.step = RoundStep(high - low, ticks);
  axis.low = std::floor(low / axis.step + 1e-9) * axis.step;
  axis.high = std::ceil(high / axis.step - 1e-9) * axis.step;
  return axis;
}

Axis Axis::OfWholeNumbers(double low, double high, int ticks) {
  if (high <= low) return {low - 1, low + 1, 1};
  return {low, high, std::max(1.0, RoundStep(high - low, ticks))};
}

std::vector<double> Axis::Ticks() const {
  std::vector<double> ticks;
  // 0.0 is added because a sum is never -0.
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (double at = first; at <= last && ticks.size() < kMostTicks; ++at)
    ticks.push_back(at * step + 0.0);
  return ticks;
}

std::string Axis::Label(double tick) const {
  const int decimals = static_cast<int>(std::max(0.0, std::ceil(-std::log10(step) - 1e-9)));
  if (decimals > kMostDecimals || std::max(std::abs(low), std::abs(high)) >= kManyDigits) {
    return fmt::format("{:.6g}", tick);
  }
  return fmt::format("{:.{}f}", tick, decimals);
}

double Axis::Place(double value) const { return (value - low) / (high - low); }

}  // namespace zoo
