#include "zoo/runs/chart_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/runs/axis.h"

namespace zoo {
namespace {

constexpr int kRows = 5;
// Dots of one character: two columns of four.
constexpr int kAcross = 2, kDown = 4;
constexpr uint32_t kBraille = 0x2800;
constexpr uint8_t kDots[kDown][kAcross] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
constexpr int kLeastColumns = 20;

std::string Utf8(uint32_t code) {  // REQUIRES: of three bytes
  return {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
          static_cast<char>(0x80 | (code & 0x3f))};
}

// A field of dots that prints itself as characters.
class Dots {
 public:
  explicit Dots(int columns)
      : columns_(columns), cells_(static_cast<size_t>(columns * kRows)), star_(-1) {}

  int width() const { return columns_ * kAcross; }
  static int height() { return kRows * kDown; }

  void Set(int x, int y) {  // from the lower left
    const int down = height() - 1 - y;
    cells_[CellOf(x, y)] |= kDots[down % kDown][x % kAcross];
  }
  // From dot to dot, steep or flat.
  void Line(int x0, int y0, int x1, int y1) {
    const int steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1});
    for (int i = 0; i <= steps; ++i) {
      Set(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps);
    }
  }
  void Star(int x, int y) { star_ = static_cast<int>(CellOf(x, y)); }

  std::string Row(int row) const {
    std::string text;
    for (int i = row * columns_; i < (row + 1) * columns_; ++i) {
      const uint8_t dots = cells_[static_cast<size_t>(i)];
      text += i == star_ ? "*" : dots == 0 ? " " : Utf8(kBraille + dots);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }

 private:
  size_t CellOf(int x, int y) const {
    return static_cast<size_t>((height() - 1 - y) / kDown * columns_ + x / kAcross);
  }
  int columns_;
  std::vector<uint8_t> cells_;
  int star_;
};

std::string Short(double value) { return fmt::format("{:.4g}", value); }

// The place of a value among so many dots.
int DotOf(const Axis& axis, double value, int dots) {
  return static_cast<int>(std::lround(axis.Place(value) * (dots - 1)));
}

class TextChart {
 public:
  TextChart(const Chart& chart, int columns)
      : chart_(chart),
        columns_(std::max(columns, kLeastColumns)),
        epochs_(Axis::OfWholeNumbers(chart.epochs.front(), chart.epochs.back(), 1)) {
    for (const Curve& curve : chart.curves) {
      const Range range = *RangeOf(curve.values);
      for (double end : {range.low, range.high}) margin_ = std::max(margin_, Short(end).size());
    }
  }

  std::string Draw() const {
    std::string out;
    for (size_t i = 0; i < chart_.curves.size(); ++i) {
      if (i > 0) out += '\n';
      out += DrawCurve(i);
    }
    return out + EpochLine();
  }

 private:
  bool IsMonitored(size_t curve) const { return chart_.best && chart_.best->curve == curve; }

  std::string Heading(size_t index) const {
    const Curve& curve = chart_.curves[index];
    std::string best;
    if (IsMonitored(index)) {
      best = fmt::format(", best {} at epoch {:.0f}", Short(curve.values[chart_.best->epoch]),
                         chart_.epochs[chart_.best->epoch]);
    }
    const auto last = std::find_if(curve.values.rbegin(), curve.values.rend(), IsDrawable);
    std::string rest = ": last " + Short(*last) + best;
    // The name gives way to what is said of it, as far as there is something left of it.
    const size_t room = static_cast<size_t>(columns_);
    std::string name = Escape(curve.name, room);
    while (name.size() > 8 && DisplayWidth(name) + rest.size() > room) {
      name = Escape(curve.name, name.size() - 4);
    }
    std::string heading = name + rest;
    if (DisplayWidth(heading) > room && !best.empty()) heading = name + ": last " + Short(*last);
    return heading;
  }

  std::string DrawCurve(size_t index) const {
    const Curve& curve = chart_.curves[index];
    const Range range = *RangeOf(curve.values);
    Axis levels{range.low, range.high, 1};
    if (range.high <= range.low) levels = {range.low - 1, range.low + 1, 1};
    Dots dots(columns_ - static_cast<int>(margin_) - 1);
    bool drawn = false;
    int x0 = 0, y0 = 0;
    for (size_t i = 0; i < curve.values.size(); ++i) {
      if (!IsDrawable(curve.values[i])) {
        drawn = false;
        continue;
      }
      const int x = DotOf(epochs_, chart_.epochs[i], dots.width());
      const int y = DotOf(levels, curve.values[i], Dots::height());
      drawn ? dots.Line(x0, y0, x, y) : dots.Set(x, y);
      if (IsMonitored(index) && chart_.best->epoch == i) dots.Star(x, y);
      x0 = x;
      y0 = y;
      drawn = true;
    }
    std::string out = Heading(index) + '\n';
    for (int row = 0; row < kRows; ++row) {
      std::string label = row == 0 ? Short(range.high) : row == kRows - 1 ? Short(range.low) : "";
      if (range.high <= range.low) label = row == kRows / 2 ? Short(range.low) : "";
      out += fmt::format("{:>{}}│{}\n", label, margin_, dots.Row(row));
    }
    return out;
  }

  // The first epoch and the last, below their dots.
  std::string EpochLine() const {
    const std::string first = fmt::format("{:.0f}", chart_.epochs.front());
    const std::string last = fmt::format("{:.0f}", chart_.epochs.back());
    const size_t room = static_cast<size_t>(columns_) - margin_ - 1;
    std::string line(room, ' ');
    auto put = [&](size_t at, std::string_view text) { line.replace(at, text.size(), text); };
    if (first == last) {
      put(room / 2, first);
    } else if (first.size() + last.size() < room) {
      put(0, first);
      put(room - last.size(), last);
    }
    constexpr std::string_view kName = " epoch ";
    const size_t middle = (room - std::min(room, kName.size())) / 2;
    if (first != last && first.size() <= middle && last.size() <= middle) put(middle, kName);
    line.erase(line.find_last_not_of(' ') + 1);
    return std::string(margin_ + 1, ' ') + line + '\n';
  }

  const Chart& chart_;
  int columns_;
  Axis epochs_;
  size_t margin_ = 0;  // columns that the labels take
};

}  // namespace

std::string ChartAsText(const Chart& chart, int columns) {
  return TextChart(chart, columns).Draw();
}

}  // namespace zoo
