#include "zoo/runs/axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace zoo {
namespace {

std::vector<std::string> Labels(const Axis& axis) {
  std::vector<std::string> labels;
  for (double tick : axis.Ticks()) labels.push_back(axis.Label(tick));
  return labels;
}

using Texts = std::vector<std::string>;

TEST(Axis, HasRoundNumbersAroundTheValues) {
  const struct {
    double low, high;
    Texts labels;
  } kRows[] = {
      {0.13, 2.41, {"0.0", "0.5", "1.0", "1.5", "2.0", "2.5"}},
      {0, 1, {"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
      {-3, 3, {"-3", "-2", "-1", "0", "1", "2", "3"}},
      {97.1, 97.4, {"97.10", "97.15", "97.20", "97.25", "97.30", "97.35", "97.40"}},
      {0.00012, 0.00031, {"0.00010", "0.00015", "0.00020", "0.00025", "0.00030", "0.00035"}},
      {5, 5, {"4.4", "4.6", "4.8", "5.0", "5.2", "5.4", "5.6"}},
      {0, 0, {"-1.0", "-0.5", "0.0", "0.5", "1.0"}},
      {-2, -2, {"-2.2", "-2.1", "-2.0", "-1.9", "-1.8"}},
      {0, 4e8, {"0", "1e+08", "2e+08", "3e+08", "4e+08"}},
  };
  for (const auto& row : kRows) {
    const Axis axis = Axis::Around(row.low, row.high, 6);
    EXPECT_LE(axis.low, row.low + 1e-9);
    EXPECT_GE(axis.high, row.high - 1e-9);
    EXPECT_EQ(Labels(axis), row.labels) << row.low << " " << row.high;
    EXPECT_EQ(axis.Place(axis.low), 0);
    EXPECT_EQ(axis.Place(axis.high), 1);
  }
}

// Whatever the values: few ticks, all on the axis, and all labels differ.
TEST(Axis, WithstandsAnyValues) {
  const double kValues[] = {0,        1e-320, 1e-150,  1e-9,   0.3,     1,  1 + 1e-15,
                            1 + 1e-8, 1e150,  9.9e149, -1e150, -1e-200, -7, 12345.678};
  for (double a : kValues) {
    for (double b : kValues) {
      ASSERT_TRUE(IsDrawable(a));
      const Axis axis = Axis::Around(std::min(a, b), std::max(a, b), 6);
      ASSERT_TRUE(std::isfinite(axis.low) && std::isfinite(axis.high)) << a << " " << b;
      ASSERT_LT(axis.low, axis.high) << a << " " << b;
      const std::vector<double> ticks = axis.Ticks();
      EXPECT_GE(ticks.size(), 2u) << a << " " << b;
      EXPECT_LE(ticks.size(), 12u) << a << " " << b;
      for (double value : {a, b}) {
        EXPECT_GE(axis.Place(value), -1e-6) << a << " " << b;
        EXPECT_LE(axis.Place(value), 1 + 1e-6) << a << " " << b;
      }
    }
  }
}

TEST(Axis, OfWholeNumbers) {
  EXPECT_EQ(Labels(Axis::OfWholeNumbers(0, 4, 12)), (Texts{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(Labels(Axis::OfWholeNumbers(3, 100, 12)),
            (Texts{"10", "20", "30", "40", "50", "60", "70", "80", "90", "100"}));
  EXPECT_EQ(Labels(Axis::OfWholeNumbers(7, 7, 12)), (Texts{"6", "7", "8"}));
}

TEST(Axis, WhatCannotBeDrawn) {
  for (double value : {std::nan(""), std::numeric_limits<double>::infinity(), 1e151, -1e300}) {
    EXPECT_FALSE(IsDrawable(value));
  }
}

}  // namespace
}  // namespace zoo
