#include "zoo/runs/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/runs/axis.h"

namespace zoo {
namespace {

// On one axis the flattest curve may have this part of the height or more.
constexpr double kEnoughHeight = 0.25;
// All ways to share them out between two axes are tried for so many; more are parted by their
// names.
constexpr size_t kMostTried = 10;
// More cannot be told apart on a picture.
constexpr size_t kMostCurves = 24;

double Span(const Range& range) { return range.high - range.low; }

Range Union(const Range& a, const Range& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

// The part of its axis that the flattest curve fills, if the curves that `right` has a bit for are
// on the right.
double LeastHeight(const std::vector<Range>& ranges, uint32_t right) {
  std::optional<Range> axes[2];
  for (size_t i = 0; i < ranges.size(); ++i) {
    auto& axis = axes[right >> i & 1];
    axis = axis ? Union(*axis, ranges[i]) : ranges[i];
  }
  double least = 1;
  for (size_t i = 0; i < ranges.size(); ++i) {
    // A level line is one anywhere.
    const double whole = Span(*axes[right >> i & 1]), own = Span(ranges[i]);
    if (whole > 0 && own > 0) least = std::min(least, own / whole);
  }
  return least;
}

uint32_t RightByName(const std::vector<Curve>& curves) {
  uint32_t right = 0;
  for (size_t i = 0; i < curves.size(); ++i) {
    if (GuessBetter(curves[i].name) == Better::kHigher) right |= uint32_t{1} << i;
  }
  return right;
}

// Losses on the left and accuracies on the right if that is as good as any other way.
uint32_t ChooseRight(const std::vector<Curve>& curves, const std::vector<Range>& ranges) {
  if (LeastHeight(ranges, 0) >= kEnoughHeight) return 0;
  uint32_t chosen = RightByName(curves);
  if (curves.size() > kMostTried) return chosen;
  double most = LeastHeight(ranges, chosen);
  for (uint32_t right = 1; right + 1 < uint32_t{1} << curves.size(); ++right) {
    const double height = LeastHeight(ranges, right);
    if (height <= most) continue;
    chosen = right;
    most = height;
  }
  return chosen;
}

void ShareOut(std::vector<Curve>& curves) {
  std::vector<Range> ranges;
  for (const Curve& curve : curves) ranges.push_back(*RangeOf(curve.values));
  uint32_t right = ChooseRight(curves, ranges);
  // What goes down is looked for on the left; where nothing tells, what comes first.
  const uint32_t all = (uint32_t{1} << curves.size()) - 1, up = RightByName(curves);
  const int first_down = up == all ? 0 : std::countr_one(up);
  if (right >> first_down & 1) right = ~right & all;
  for (size_t i = 0; i < curves.size(); ++i) curves[i].right = right >> i & 1;
}

// The folder's own name, whatever the way to it.
std::string TitleOf(const std::filesystem::path& folder) {
  std::error_code failed;
  const std::filesystem::path whole = std::filesystem::absolute(folder / "", failed);
  const std::filesystem::path name = whole.lexically_normal().parent_path().filename();
  return name.empty() ? folder.native() : name.native();
}

}  // namespace

std::optional<Range> RangeOf(const std::vector<double>& values) {
  std::optional<Range> range;
  for (double value : values) {
    if (!IsDrawable(value)) continue;
    const Range one{value, value};
    range = range ? Union(*range, one) : one;
  }
  return range;
}

std::optional<Range> RangeOf(const Chart& chart, bool right) {
  std::optional<Range> range;
  for (const Curve& curve : chart.curves) {
    if (curve.right != right) continue;
    auto own = RangeOf(curve.values);
    if (own) range = range ? Union(*range, *own) : *own;
  }
  return range;
}

bool Chart::two_axes() const { return std::ranges::count(curves, true, &Curve::right) > 0; }

Result<Chart> ChartOf(const RunListing& run) {
  Chart chart{.title = TitleOf(run.folder)};
  std::unordered_map<std::string, size_t> places;
  for (std::string& name : run.MetricNames()) {
    if (chart.curves.size() == kMostCurves) break;
    places.emplace(name, chart.curves.size());
    chart.curves.push_back({.name = std::move(name)});
  }
  std::optional<size_t> best;
  for (const RunRow& row : run.rows) {
    if (!row.epoch) continue;
    if (row.best) best = chart.epochs.size();
    chart.epochs.push_back(static_cast<double>(*row.epoch));
    for (Curve& curve : chart.curves) {
      curve.values.push_back(std::numeric_limits<double>::quiet_NaN());
    }
    for (const auto& [name, value] : row.metrics) {
      auto place = places.find(name);
      if (place == places.end() || !IsDrawable(value)) continue;
      chart.curves[place->second].values.back() = value;
    }
  }
  std::erase_if(chart.curves, [](const Curve& curve) { return !RangeOf(curve.values); });
  if (chart.curves.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("{}: there is nothing to draw, no epoch has a metric",
                             Escape(run.folder.native(), 1000)),
                 ""};
  }
  ShareOut(chart.curves);
  auto monitored = std::ranges::find(chart.curves, run.monitor, &Curve::name);
  if (best && monitored != chart.curves.end()) {
    chart.best = Chart::Best{*best, static_cast<size_t>(monitored - chart.curves.begin())};
  }
  return chart;
}

}  // namespace zoo
