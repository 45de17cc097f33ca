#include "zoo/runs/standing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace zoo {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Epochs 0, 1, ... with these values of the monitored metric, all kept.
RunHistory Of(std::vector<double> values, Better better = Better::kLower) {
  RunHistory history{.monitor = "x", .better = better};
  for (double value : values) {
    const int64_t epoch = static_cast<int64_t>(history.epochs.size());
    history.epochs.push_back(
        {.epoch = epoch, .file = std::to_string(epoch), .metrics = {{"y", 0}, {"x", value}}});
  }
  MarkBestAndLast(history);
  return history;
}

using Epoch = std::optional<int64_t>;

TEST(Standing, TheBest) {
  const struct {
    std::vector<double> values;
    Better better;
    Epoch best;
  } kRows[] = {
      {{}, Better::kLower, {}},
      {{3, 1, 2}, Better::kLower, 1},
      {{3, 1, 2}, Better::kHigher, 0},
      {{1, 1, 1}, Better::kLower, 0},  // the first of equals
      {{1, 1, 1}, Better::kHigher, 0},
      {{kNan, 5, kNan}, Better::kLower, 1},
      {{kNan, 5, kNan}, Better::kHigher, 1},
      {{kNan, kNan}, Better::kHigher, {}},
      {{kInfinity, 5, -kInfinity}, Better::kLower, 1},
      {{kInfinity, 5, -kInfinity}, Better::kHigher, 1},
  };
  for (const auto& row : kRows) {
    RunHistory history = Of(row.values, row.better);
    EXPECT_EQ(history.best, row.best);
    for (const EpochRecord& record : history.epochs) {
      EXPECT_EQ(record.best, record.epoch == row.best);
    }
  }
}

TEST(Standing, OnlyWhatIsKeptCanBeBestOrLast) {
  RunHistory history = Of({1, 2, 3, 4});
  history.epochs[0].kept = history.epochs[3].kept = false;
  MarkBestAndLast(history);
  EXPECT_EQ(history.best, 1);
  EXPECT_EQ(history.last, 2);
  EXPECT_FALSE(history.epochs[0].best);
  for (EpochRecord& record : history.epochs) record.kept = false;
  MarkBestAndLast(history);
  EXPECT_EQ(history.best, std::nullopt);
  EXPECT_EQ(history.last, std::nullopt);
}

TEST(Standing, NoMonitorNoBest) {
  RunHistory history = Of({1, 2});
  history.monitor = "";
  MarkBestAndLast(history);
  EXPECT_EQ(history.best, std::nullopt);
  EXPECT_EQ(history.last, 1);
}

TEST(Standing, WhatNeedNotBeKept) {
  using Epochs = std::vector<int64_t>;
  const struct {
    std::vector<double> values;
    KeepRule keep;
    Epochs pruned;
  } kRows[] = {
      {{5, 4, 3, 2, 1}, {}, {}},
      {{1, 2, 3, 4, 5}, {.best = 2}, {2, 3}},  // the last one stays
      {{1, 2, 3, 4, 5}, {.last = 2}, {1, 2}},  // and the best one
      {{5, 1, 2, 3, 4}, {2, 2}, {0}},
      {{5, 4, 3, 2, 1}, {2, 2}, {0, 1, 2}},
      {{1, 2, 3}, {9, 9}, {}},
      {{1, 1, 1, 1}, {.best = 2}, {2}},              // of equals the first
      {{kNan, kNan, kNan}, {2, 1}, {0, 1}},          // the last of those that are no good
      {{kNan, 7, kNan, kNan}, {.last = 1}, {0, 2}},  // the only good one
      {{kNan, 7, kNan, kNan}, {3, 1}, {0, 2}},       // NaN never is among the best
      {{kInfinity, 7, 8}, {3, 1}, {0}},
      {{}, {1, 1}, {}},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(EpochsToPrune(Of(row.values), row.keep), row.pruned)
        << testing::PrintToString(row.values) << row.keep.best << row.keep.last;
  }
}

TEST(Standing, WhatWasPrunedDoesNotCount) {
  RunHistory history = Of({1, 2, 3, 4, 5});
  history.epochs[0].kept = history.epochs[3].kept = false;
  MarkBestAndLast(history);
  EXPECT_EQ(EpochsToPrune(history, {1, 2}), std::vector<int64_t>());
  EXPECT_EQ(EpochsToPrune(history, {1, 1}), std::vector<int64_t>({2}));
}

// Whatever the values and the rule: the best one and the last one stay.
TEST(Standing, TheOnlyGoodOneIsNeverPruned) {
  const double kValues[] = {kNan, 1, 2, kInfinity};
  for (int code = 0; code < 256; ++code) {
    std::vector<double> values;
    for (int i = 0; i < 4; ++i) values.push_back(kValues[code >> (2 * i) & 3]);
    for (int best = 0; best < 4; ++best) {
      for (int last = 0; last < 4; ++last) {
        RunHistory history = Of(values);
        const Epoch first_best = history.best;
        for (int64_t epoch : EpochsToPrune(history, {best, last})) {
          history.epochs[static_cast<size_t>(epoch)].kept = false;
        }
        MarkBestAndLast(history);
        EXPECT_EQ(history.best, first_best);
        EXPECT_EQ(history.last, 3);
      }
    }
  }
}

TEST(Standing, EpochsWithoutImprovement) {
  const struct {
    std::vector<double> values;
    double min_delta;
    Better better;
    int64_t waited;
  } kRows[] = {
      {{}, 0, Better::kLower, 0},
      {{3}, 0, Better::kLower, 0},
      {{3, 2, 1}, 0, Better::kLower, 0},
      {{1, 2, 3}, 0, Better::kLower, 2},
      {{1, 2, 3}, 0, Better::kHigher, 0},
      {{3, 3, 3}, 0, Better::kLower, 2},
      {{3, 2, 2.5, 1.9}, 0, Better::kLower, 0},
      {{3, 2, 2.5, 1.9}, 0.5, Better::kLower, 2},
      {{3, 2.5}, 0.5, Better::kLower, 1},  // exactly the delta is not more
      {{3, 3.5}, 0.5, Better::kHigher, 1},
      {{3, 3.75}, 0.5, Better::kHigher, 0},
      {{3, 2.75, 2.25}, 0.5, Better::kLower, 0},  // small steps add up
      {{kNan, kNan}, 0, Better::kLower, 2},
      {{kNan, 3, kNan}, 0, Better::kLower, 1},
      {{3, -kInfinity, 2}, 0, Better::kLower, 0},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(EpochsWithoutImprovement(Of(row.values, row.better), row.min_delta), row.waited)
        << testing::PrintToString(row.values);
  }
}

TEST(Standing, PrunedEpochsCountAsPassed) {
  RunHistory history = Of({1, 2, 3, 4});
  history.epochs[0].kept = history.epochs[1].kept = false;
  EXPECT_EQ(EpochsWithoutImprovement(history, 0), 3);
}

}  // namespace
}  // namespace zoo
