#include "zoo/runs/chart_svg.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <string_view>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/runs/axis.h"

namespace zoo {
namespace {

constexpr double kWidth = 860, kHeight = 480;
constexpr double kEdge = 24;      // beside and above all
constexpr double kAxisRoom = 72;  // for a vertical axis with its labels
constexpr double kBelow = 52;     // for the axis of the epochs
constexpr double kLegendLine = 22;
constexpr double kBestLine = 20;  // what is said of the best epoch
constexpr double kLetter = 7.3;   // about the width of one
constexpr double kSample = 24;    // of a curve, in the legend
constexpr int kLevelTicks = 6, kEpochTicks = 12;
constexpr size_t kDotted = 60;  // with so many epochs or fewer each has a dot
constexpr size_t kNameBytes = 60;

constexpr std::string_view kInk = "#6e7681";
constexpr std::string_view kFrame = R"(stroke="#8b949e")";
constexpr std::string_view kGrid = R"(stroke="#8b949e" stroke-opacity="0.3")";
constexpr std::string_view kGuide = R"(stroke="#6e7681" stroke-dasharray="3 4")";
constexpr std::string_view kColours[] = {"#3b78d8", "#e07b00", "#2e9e5b", "#d1495b",
                                         "#8e6bbf", "#00a3a3", "#b07d2b", "#d16ba5"};
// With the colours used up, curves are told apart by these.
constexpr std::string_view kDashes[] = {"", "8 4", "2 3"};

std::string Xml(std::string_view text, size_t max_bytes = kNameBytes) {
  std::string out;
  for (char c : Escape(text, max_bytes)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string_view ColourOf(size_t curve) { return kColours[curve % std::size(kColours)]; }

std::string StrokeOf(size_t curve) {
  std::string_view dash = kDashes[curve / std::size(kColours) % std::size(kDashes)];
  std::string stroke = fmt::format(R"(stroke="{}" stroke-width="2")", ColourOf(curve));
  return dash.empty() ? stroke : stroke + fmt::format(R"( stroke-dasharray="{}")", dash);
}

// Where everything is.
class Picture {
 public:
  explicit Picture(const Chart& chart);
  std::string Draw() &&;

 private:
  struct Point {
    double x, y;
  };
  template <typename... Arguments>
  void Add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
  }
  double X(double epoch) const { return left_ + epochs_.Place(epoch) * (right_ - left_); }
  double Y(double value, bool right) const {
    return bottom_ - levels_[right].Place(value) * (bottom_ - top_);
  }
  void Line(Point from, Point to, std::string_view style) {
    Add(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" {}/>)", from.x, from.y, to.x, to.y,
        style);
  }
  // `anchor`: which part of the text is there: start, middle or end.
  void Text(Point at, std::string_view anchor, std::string_view text, std::string_view style = "") {
    Add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", at.x, at.y, anchor,
        style, text);
  }
  void Legend();
  void Levels(bool right);
  void Epochs();
  void DrawCurve(size_t index);
  void DrawPiece(const std::vector<Point>& piece, size_t index);
  void DrawBest();

  const Chart& chart_;
  Axis epochs_, levels_[2];
  double left_, right_, top_, bottom_;  // of the frame that the curves are in
  std::string out_;
};

Picture::Picture(const Chart& chart)
    : chart_(chart),
      epochs_(Axis::OfWholeNumbers(chart.epochs.front(), chart.epochs.back(), kEpochTicks)) {
  for (bool right : {false, true}) {
    if (auto range = RangeOf(chart, right)) {
      levels_[right] = Axis::Around(range->low, range->high, kLevelTicks);
    }
  }
  left_ = kEdge + kAxisRoom;
  right_ = kWidth - kEdge - (chart.two_axes() ? kAxisRoom : 0);
  bottom_ = kHeight - kBelow;
}

// Titles and samples, in as many lines as they take; the frame begins below them.
void Picture::Legend() {
  double x = left_, y = kEdge + 10;
  Text({x, y}, "start", Xml(chart_.title), R"( font-size="16" font-weight="600")");
  y += kLegendLine + 4;
  for (size_t i = 0; i < chart_.curves.size(); ++i) {
    const Curve& curve = chart_.curves[i];
    std::string name = Xml(curve.name);
    if (chart_.two_axes()) name += curve.right ? " (right)" : " (left)";
    const double width = kSample + 8 + static_cast<double>(DisplayWidth(name)) * kLetter + 18;
    if (x > left_ && x + width > right_) {
      x = left_;
      y += kLegendLine;
    }
    Line({x, y - 4}, {x + kSample, y - 4}, StrokeOf(i));
    Text({x + kSample + 8, y}, "start", name);
    x += width;
  }
  top_ = y + 16 + (chart_.best ? kBestLine : 0);
}

// The ticks of a vertical axis; those on the left with the grid.
void Picture::Levels(bool right) {
  const Axis& axis = levels_[right];
  for (double tick : axis.Ticks()) {
    const double y = Y(tick, right);
    if (right) {
      Line({right_, y}, {right_ + 5, y}, kFrame);
      Text({right_ + 9, y + 4}, "start", axis.Label(tick));
    } else {
      Line({left_, y}, {right_, y}, kGrid);
      Text({left_ - 9, y + 4}, "end", axis.Label(tick));
    }
  }
  std::string names;
  for (const Curve& curve : chart_.curves) {
    if (curve.right == right) names += (names.empty() ? "" : ", ") + curve.name;
  }
  const Point at{right ? kWidth - kEdge + 4 : kEdge, (top_ + bottom_) / 2};
  Text(at, "middle", Xml(names, static_cast<size_t>((bottom_ - top_) / kLetter)),
       fmt::format(" transform=\"rotate({} {:.1f} {:.1f})\"", right ? 90 : -90, at.x, at.y));
}

void Picture::Epochs() {
  for (double tick : epochs_.Ticks()) {
    Line({X(tick), top_}, {X(tick), bottom_ + 5}, kGrid);
    Text({X(tick), bottom_ + 20}, "middle", epochs_.Label(tick));
  }
  Text({(left_ + right_) / 2, bottom_ + 40}, "middle", "epoch");
  Add("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"none\" {}/>\n",
      left_, top_, right_ - left_, bottom_ - top_, kFrame);
}

void Picture::DrawPiece(const std::vector<Point>& piece, size_t index) {
  if (piece.size() > 1) {
    Add(R"(<polyline fill="none" stroke-linejoin="round" {} points=")", StrokeOf(index));
    for (const Point& point : piece) Add("{:.1f},{:.1f} ", point.x, point.y);
    out_.back() = '"';
    Add("/>\n");
  }
  // A point alone has no line that shows it.
  if (piece.size() != 1 && chart_.epochs.size() > kDotted) return;
  for (const Point& point : piece) {
    Add(R"(<circle cx="{:.1f}" cy="{:.1f}" r="2.6" fill="{}"/>)", point.x, point.y,
        ColourOf(index));
  }
  Add("\n");
}

void Picture::DrawCurve(size_t index) {
  const Curve& curve = chart_.curves[index];
  std::vector<Point> piece;
  auto finish = [&] {
    if (!piece.empty()) DrawPiece(piece, index);
    piece.clear();
  };
  for (size_t i = 0; i < curve.values.size(); ++i) {
    if (IsDrawable(curve.values[i])) {
      piece.push_back({X(chart_.epochs[i]), Y(curve.values[i], curve.right)});
    } else {
      finish();
    }
  }
  finish();
}

// A star, on a line that leads to what is said of it.
void Picture::DrawBest() {
  const Curve& curve = chart_.curves[chart_.best->curve];
  const double epoch = chart_.epochs[chart_.best->epoch];
  const double value = curve.values[chart_.best->epoch];
  const double x = X(epoch), y = Y(value, curve.right);
  Line({x, top_ - 4}, {x, bottom_}, kGuide);
  Add(R"(<polygon fill="{}" stroke="{}" points=")", ColourOf(chart_.best->curve), kInk);
  for (int corner = 0; corner < 10; ++corner) {
    const double radius = corner % 2 == 0 ? 9 : 3.8, angle = corner * std::numbers::pi / 5;
    Add("{:.1f},{:.1f} ", x + radius * std::sin(angle), y - radius * std::cos(angle));
  }
  out_.back() = '"';
  Add("/>\n");
  const bool before = x > (left_ + right_) / 2;
  Text({before ? x + 4 : x - 4, top_ - 8}, before ? "end" : "start",
       fmt::format("best: epoch {:.0f}, {} {:.6g}", epoch, Xml(curve.name), value));
}

std::string Picture::Draw() && {
  Add(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" )"
      R"(height="{1:.0f}" role="img">)"
      "\n<title>{2}</title>\n",
      kWidth, kHeight, Xml(chart_.title));
  Add(R"(<g font-family="system-ui, Helvetica, Arial, sans-serif" font-size="13" fill="{}">)"
      "\n",
      kInk);
  Legend();
  Epochs();
  Levels(false);
  if (chart_.two_axes()) Levels(true);
  for (size_t i = 0; i < chart_.curves.size(); ++i) DrawCurve(i);
  if (chart_.best) DrawBest();
  Add("</g>\n</svg>\n");
  return std::move(out_);
}

}  // namespace

std::string ChartAsSvg(const Chart& chart) { return Picture(chart).Draw(); }

}  // namespace zoo
