#include "zoo/cli/runs_table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/tests/support/print_error.h"

namespace zoo::cli {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class RunsTable : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
  }

  RunListing run_{
      .folder = "saved",
      .recorded = true,
      .monitor = "acc",
      .better = Better::kHigher,
      .rows = {{.epoch = 0,
                .file = "m_000.pt",
                .metrics = {{"loss", 2.25}, {"acc", 0.5}, {"seen", 100}, {"lr", 1e-5}},
                .pruned = true,
                .time = "2026-11-24T15:30:00Z",
                .seconds = 1.25},
               {.epoch = 9,
                .file = "m_009.pt",
                .metrics = {{"loss", 0.125}, {"acc", 0.97}, {"seen", 2000}, {"lr", 0.1}},
                .size = 3 << 20,
                .best = true,
                .time = "2026-11-24T16:30:00Z",
                .seconds = 600},
               {.epoch = 10,
                .file = "m_010.pt",
                .metrics = {{"loss", kNan}, {"acc", 0.9}},
                .time = "yesterday",
                .seconds = 7200}},
      .stopped = 10};
};

TEST_F(RunsTable, Headings) {
  EXPECT_EQ(
      RunHeading(run_),
      "saved: 3 epochs, 1 checkpoint of 3.0 MiB; best is epoch 9, acc 0.97 (higher is better); "
      "stopped early after epoch 10");
  run_.recorded = false;
  run_.stopped.reset();
  run_.rows[1].best = false;
  EXPECT_EQ(RunHeading(run_), "saved: 1 checkpoint of 3.0 MiB, no run.json; none is best");
  run_.rows.clear();
  EXPECT_EQ(RunHeading(run_), "saved: no epochs and no checkpoints");
  EXPECT_EQ(RunTable(run_, {}), "");
}

TEST_F(RunsTable, WithRoomForAll) {
  EXPECT_EQ(
      RunTable(run_, {.columns = 100}),
      "   EPOCH    loss     acc  seen     lr     SIZE      TOOK  SAVED             FILE\n"
      "       0  2.2500  0.5000   100  1e-05   pruned     1.2 s  2026-11-24 15:30  m_000.pt\n"
      "*      9  0.1250  0.9700  2000    0.1  3.0 MiB  10.0 min  2026-11-24 16:30  m_009.pt\n"
      "      10     nan  0.9000     -      -     gone     2.0 h  -                 m_010.pt\n");
}

TEST_F(RunsTable, WhatIsLeftOutWhereThereIsNoRoom) {
  const struct {
    int columns;
    std::string header;
  } kRows[] = {
      {76, "   EPOCH    loss     acc  seen     lr     SIZE      TOOK  SAVED"},
      {60, "   EPOCH    loss     acc  seen     lr     SIZE      TOOK"},
      {50, "   EPOCH    loss     acc  seen     lr     SIZE"},
      {40, "   EPOCH    loss     acc  seen     SIZE"},
      {34, "   EPOCH    loss     acc     SIZE"},
      {28, "   EPOCH     acc     SIZE"},
  };
  for (const auto& row : kRows) {
    const std::string table = RunTable(run_, {.columns = row.columns});
    EXPECT_EQ(table.substr(0, table.find('\n')), row.header) << row.columns;
    for (size_t at = 0; at < table.size();) {
      const size_t end = table.find('\n', at);
      EXPECT_LE(DisplayWidth(table.substr(at, end - at)), static_cast<size_t>(row.columns));
      at = end + 1;
    }
  }
}

TEST_F(RunsTable, NamesAreEscaped) {
  run_.rows.resize(1);
  run_.rows[0].metrics = {{"\x1b[31mred", 1}};
  run_.rows[0].file = "a\nb";
  run_.folder = "\x1b[31m";
  EXPECT_EQ(RunTable(run_, {.columns = 100}),
            "  EPOCH  \\x1b[31mred    SIZE   TOOK  SAVED             FILE\n"
            "      0            1  pruned  1.2 s  2026-11-24 15:30  a\\nb\n");
  EXPECT_TRUE(RunHeading(run_).starts_with("\\x1b[31m: 1 epoch, "));
}

TEST_F(RunsTable, AsJson) {
  run_.rows.push_back({.file = "x.pt", .size = 7});
  run_.skipped = {{"log.txt", "no checkpoint"}};
  const auto expected = ParseJson(R"({
    "folder": "saved", "from": "run.json", "monitor": "acc", "better": "higher",
    "metrics": ["loss", "acc", "seen", "lr"],
    "epochs": [
      {"epoch": 0, "file": "m_000.pt", "size": null,
       "metrics": {"loss": 2.25, "acc": 0.5, "seen": 100.0, "lr": 1e-05},
       "time": "2026-11-24T15:30:00Z", "seconds": 1.25, "kept": false, "best": false},
      {"epoch": 9, "file": "m_009.pt", "size": 3145728,
       "metrics": {"loss": 0.125, "acc": 0.97, "seen": 2000.0, "lr": 0.1},
       "time": "2026-11-24T16:30:00Z", "seconds": 600.0, "kept": true, "best": true},
      {"epoch": 10, "file": "m_010.pt", "size": null, "metrics": {"loss": "nan", "acc": 0.9},
       "time": "yesterday", "seconds": 7200.0, "kept": false, "best": false},
      {"epoch": null, "file": "x.pt", "size": 7, "metrics": {}, "time": null, "seconds": null,
       "kept": true, "best": false}],
    "best": 9, "last": 9, "stopped": 10,
    "skipped": [{"file": "log.txt", "reason": "no checkpoint"}]})");
  EXPECT_EQ(RunJson(run_).Dump(), expected.value().Dump());
}

TEST_F(RunsTable, Sorted) {
  const struct {
    std::string key;
    std::vector<int> epochs;
  } kRows[] = {
      {"epoch", {0, 9, 10}}, {"size", {9, 0, 10}}, {"time", {10, 9, 0}}, {"took", {10, 9, 0}},
      {"loss", {9, 0, 10}},  {"acc", {9, 10, 0}},  {"lr", {9, 0, 10}},
  };
  for (const auto& row : kRows) {
    RunListing run = run_;
    ASSERT_TRUE(SortRows(run, row.key));
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(run.rows[i].epoch, row.epochs[i]) << row.key;
  }
  EXPECT_EQ(SortRows(run_, "los").error(),
            (Error{ErrorCode::kUsage, "cannot sort saved by \"los\"", "did you mean loss?"}));
  EXPECT_EQ(SortRows(run_, "").error().hint, "sort by epoch, size, time, took or a metric");
}

}  // namespace
}  // namespace zoo::cli
