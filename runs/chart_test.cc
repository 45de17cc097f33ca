#include "zoo/runs/chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/runs/chart_svg.h"
#include "zoo/runs/chart_text.h"
#include "zoo/tests/support/print_error.h"

namespace zoo {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Series {
  std::string name;
  std::vector<double> values;
};

// Epochs 0, 1, ... of these metrics; the first one says which is best.
RunListing Of(const std::vector<Series>& series, std::optional<size_t> best = {}) {
  RunListing run{.folder = "data/saved/", .monitor = series[0].name};
  for (size_t i = 0; i < series[0].values.size(); ++i) {
    RunRow row{.epoch = static_cast<int64_t>(i), .best = best == i};
    for (const Series& one : series) row.metrics.emplace_back(one.name, one.values[i]);
    run.rows.push_back(std::move(row));
  }
  return run;
}

std::vector<std::string> Right(const Chart& chart) {
  std::vector<std::string> names;
  for (const Curve& curve : chart.curves) {
    if (curve.right) names.push_back(curve.name);
  }
  return names;
}

TEST(ChartOf, SharesOutTheAxes) {
  using Names = std::vector<std::string>;
  const struct {
    std::vector<Series> series;
    Names right;
  } kRows[] = {
      {{{"loss", {2.3, 0.5, 0.1}}}, {}},
      {{{"acc", {0.1, 0.5, 0.9}}}, {}},
      {{{"loss", {2.3, 0.5, 0.1}}, {"acc", {40, 80, 97}}}, {"acc"}},
      {{{"acc", {40, 80, 97}}, {"loss", {2.3, 0.5, 0.1}}}, {"acc"}},  // whatever the order
      {{{"loss", {0.9, 0.5, 0.1}}, {"acc", {0.2, 0.6, 0.9}}}, {}},    // one axis is enough
      {{{"loss", {2, 1}}, {"val_loss", {2.5, 1.5}}, {"top1", {50, 70}}, {"top5", {70, 90}}},
       {"top1", "top5"}},
      {{{"loss", {2, 1}}, {"lr", {1e-3, 1e-4}}}, {"lr"}},
      {{{"a", {2, 1}}, {"b", {1000, 2000}}}, {"b"}},
      {{{"mae", {2, 1}}, {"mse", {4000, 1000}}}, {"mse"}},
      {{{"loss", {2, 1}}, {"acc", {1.5, 1.5}}}, {}},  // a level line is one anywhere
      {{{"loss", {3, 3}}, {"acc", {3, 3}}}, {}},
  };
  for (const auto& row : kRows) {
    auto chart = ChartOf(Of(row.series));
    ASSERT_TRUE(chart) << chart.error().Text();
    EXPECT_EQ(Right(*chart), row.right) << row.series[0].name;
    EXPECT_EQ(chart->two_axes(), !row.right.empty());
  }
}

TEST(ChartOf, LeavesGapsAndWhatCannotBeDrawn) {
  RunListing run =
      Of({{"loss", {1, kNan, kInfinity, 1e200, 2}}, {"none", {kNan, kNan, kNan, kNan, kNan}}}, 4);
  run.rows.push_back({.file = "of no epoch", .metrics = {{"loss", 7}, {"x", 1}}});
  run.rows[0].metrics.pop_back();
  auto chart = ChartOf(run);
  ASSERT_TRUE(chart) << chart.error().Text();
  EXPECT_EQ(chart->title, "saved");
  EXPECT_EQ(chart->epochs, (std::vector<double>{0, 1, 2, 3, 4}));
  ASSERT_EQ(chart->curves.size(), 1u);
  const std::vector<double>& values = chart->curves[0].values;
  EXPECT_EQ(values[0], 1);
  EXPECT_TRUE(std::isnan(values[1]) && std::isnan(values[2]) && std::isnan(values[3]));
  ASSERT_TRUE(chart->best);
  EXPECT_EQ(chart->best->epoch, 4u);
  EXPECT_EQ(chart->best->curve, 0u);
}

TEST(ChartOf, NothingToDraw) {
  auto chart = ChartOf(Of({{"loss", {kNan}}}));
  ASSERT_FALSE(chart);
  EXPECT_EQ(chart.error(),
            (Error{ErrorCode::kNotFound,
                   "data/saved/: there is nothing to draw, no epoch has a metric", ""}));
  EXPECT_FALSE(ChartOf(RunListing{}));
}

TEST(ChartOf, ManyMetrics) {
  std::vector<Series> series;
  for (int i = 0; i < 100; ++i) series.push_back({"m" + std::to_string(i), {1.0 * i, 2.0 * i}});
  auto chart = ChartOf(Of(series));
  ASSERT_TRUE(chart) << chart.error().Text();
  EXPECT_EQ(chart->curves.size(), 24u);
  EXPECT_FALSE(ChartAsSvg(*chart).empty());
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(ChartAsSvg, HasAxesLegendGapsAndTheBest) {
  const auto chart = ChartOf(Of(
      {{"acc", {50, 60, kNan, 80, 90, kNan, 85}}, {"loss", {2, 1, 0.5, 0.4, 0.3, 0.2, 0.1}}}, 4));
  const std::string svg = ChartAsSvg(chart.value());
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=")) << svg;
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_EQ(CountOf(svg, "<polyline"), 3u);  // two pieces and one curve; the last piece is a point
  EXPECT_EQ(CountOf(svg, "<circle"), 12u);
  EXPECT_EQ(CountOf(svg, "<polygon"), 1u);
  for (const char* text : {">saved<", ">acc (right)<", ">loss (left)<", ">best: epoch 4, acc 90<",
                           ">epoch<", ">acc<", ">loss<", ">6<", ">0.5<", ">90<"}) {
    EXPECT_GE(CountOf(svg, text), 1u) << text;
  }
  EXPECT_EQ(CountOf(svg, "nan"), 0u);
  EXPECT_EQ(svg, ChartAsSvg(chart.value()));
}

TEST(ChartAsSvg, NamesAreEscaped) {
  RunListing run = Of({{"<a & \"b\">\x1b[31m\xff", {1, 2}}});
  run.folder = "</text>&";
  const std::string svg = ChartAsSvg(ChartOf(run).value());
  EXPECT_EQ(CountOf(svg, "&lt;a &amp; \\&quot;b\\&quot;&gt;\\x1b[31m\\xff"), 2u) << svg;
  EXPECT_EQ(CountOf(svg, "<a"), 0u);
  EXPECT_EQ(CountOf(svg, "\x1b"), 0u);
}

TEST(ChartAsText, FitsEveryWidth) {
  const auto chart =
      ChartOf(Of({{"validation_accuracy_of_the_long_name", {50, 60, kNan, 80, 90.125, kNan, 85}},
                  {"loss", {2, 1e-5, 0.5, -0.4, 0.3, 0.2, 0.1}},
                  {"level", {3, 3, 3, 3, 3, 3, 3}}},
                 4));
  for (int columns = 20; columns < 200; ++columns) {
    const std::string text = ChartAsText(chart.value(), columns);
    size_t lines = 0;
    for (size_t at = 0; at < text.size(); ++lines) {
      const size_t end = text.find('\n', at);
      ASSERT_NE(end, std::string::npos);
      EXPECT_LE(DisplayWidth(text.substr(at, end - at)), static_cast<size_t>(columns))
          << text.substr(at, end - at);
      at = end + 1;
    }
    EXPECT_EQ(lines, 3 * 7u);
    EXPECT_EQ(CountOf(text, "*"), 1u) << text;
  }
}

TEST(ChartAsText, DrawsWhatItIsGiven) {
  const auto chart = ChartOf(Of({{"acc", {0, 1, 2, 3}}}, 3));
  EXPECT_EQ(ChartAsText(chart.value(), 31),
            "acc: last 3, best 3 at epoch 3\n"
            "3│                        ⣀⡠⠤⠒*\n"
            " │                  ⣀⠤⠤⠒⠊⠉\n"
            " │            ⢀⣀⠤⠒⠊⠉\n"
            " │      ⢀⣀⠤⠔⠒⠉⠁\n"
            "0│⣀⣀⠤⠔⠒⠉⠁\n"
            "  0           epoch           3\n");
}

TEST(ChartAsText, OneEpoch) {
  const auto chart = ChartOf(Of({{"loss", {0.5}}}, 0));
  EXPECT_EQ(ChartAsText(chart.value(), 40),
            "loss: last 0.5, best 0.5 at epoch 0\n"
            "   │\n"
            "   │\n"
            "0.5│                  *\n"
            "   │\n"
            "   │\n"
            "                      0\n");
}

// A missing value parts the curve, and nothing stands in the gap.
TEST(ChartAsText, Gaps) {
  const auto chart = ChartOf(Of({{"x", {1, 1, kNan, kNan, 0, 0}}}));
  EXPECT_EQ(ChartAsText(chart.value(), 22),
            "x: last 0\n"
            "1│⠉⠉⠉⠉⠁\n"
            " │\n"
            " │\n"
            " │\n"
            "0│               ⢀⣀⣀⣀⣀\n"
            "  0      epoch       5\n");
}

}  // namespace
}  // namespace zoo
