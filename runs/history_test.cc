#include "zoo/runs/history.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

const std::string kText = R"({
  "schema": "zoo/run-history/1",
  "monitor": "acc",
  "better": "higher",
  "epochs": [
    {
      "epoch": 2,
      "file": "c_002.pt",
      "metrics": {
        "loss": 0.1,
        "acc": 1.0
      },
      "time": "2026-11-24T15:30:00Z",
      "seconds": 1.5,
      "kept": true,
      "best": true,
      "note": [
        1
      ]
    },
    {
      "epoch": 3,
      "file": "c_003.pt",
      "metrics": {
        "loss": "inf",
        "acc": "-inf"
      },
      "time": "2026-11-24T15:30:02Z",
      "seconds": 2.0,
      "kept": false,
      "best": false
    }
  ],
  "best": 2,
  "last": 2,
  "stopped": null,
  "host": "a"
}
)";

TEST(RunHistory, IsReadAndPrintedTheSame) {
  auto history = ParseRunHistory(kText);
  ASSERT_TRUE(history) << history.error().Text();
  EXPECT_EQ(PrintRunHistory(*history), kText);
  EXPECT_EQ(history->monitor, "acc");
  EXPECT_EQ(history->better, Better::kHigher);
  ASSERT_EQ(history->epochs.size(), 2u);
  EXPECT_EQ(history->Find(2)->metrics, (Metrics{{"loss", 0.1}, {"acc", 1}}));
  EXPECT_EQ(*FindMetric(history->Find(3)->metrics, "acc"),
            -std::numeric_limits<double>::infinity());
  EXPECT_EQ(FindMetric(history->Find(3)->metrics, "accuracy"), nullptr);
  EXPECT_EQ(history->Find(1), nullptr);
  EXPECT_EQ(history->Find(4), nullptr);
  EXPECT_EQ(history->Find(std::nullopt), nullptr);
}

TEST(RunHistory, NumbersReadBackTheSame) {
  RunHistory history;
  const double kValues[] = {0.1, 1e-300, 5e-324, 1.0 / 3, 12345678901234567.0, -0.0};
  for (double value : kValues) {
    history.epochs = {{.epoch = 1, .file = "a", .metrics = {{"x", value}}}};
    auto again = ParseRunHistory(PrintRunHistory(history));
    ASSERT_TRUE(again) << again.error().Text();
    EXPECT_EQ(again->epochs[0].metrics[0].second, value);
    EXPECT_EQ(std::signbit(again->epochs[0].metrics[0].second), std::signbit(value));
  }
  for (double value : {std::nan(""), -std::nan("")}) {
    history.epochs = {{.epoch = 1, .file = "a", .metrics = {{"x", value}}}};
    EXPECT_TRUE(std::isnan(ParseRunHistory(PrintRunHistory(history))->epochs[0].metrics[0].second));
  }
}

std::string WithEpochs(const std::string& epochs, const std::string& more = "") {
  return R"({"schema": "zoo/run-history/1", "monitor": null, "better": "lower", "epochs": [)" +
         epochs + "]" + more + "}";
}

TEST(RunHistory, WhatMayBeLeftOut) {
  auto history = ParseRunHistory(
      WithEpochs(R"({"epoch": 0, "file": "a.pt", "metrics": {"loss": null}, "seconds": null})"));
  ASSERT_TRUE(history) << history.error().Text();
  EXPECT_EQ(history->monitor, "");
  EXPECT_TRUE(std::isnan(history->epochs[0].metrics[0].second));
  EXPECT_TRUE(history->epochs[0].kept);
  EXPECT_EQ(history->best, std::nullopt);
}

TEST(RunHistory, BadTexts) {
  const std::string a = R"({"epoch": 3, "file": "a", "metrics": {}})";
  const std::string gone = R"({"epoch": 3, "file": "a", "metrics": {}, "kept": false})";
  const struct {
    std::string text, message;
  } kRows[] = {
      {"", "not valid JSON at byte 1"},
      {"[]", R"(not a run's history: its schema is not "zoo/run-history/1")"},
      {R"({"schema": "zoo/registry/1"})",
       R"(not a run's history: its schema is not "zoo/run-history/1")"},
      {R"({"schema": "zoo/run-history/1"})", "monitor is missing"},
      {R"({"schema": "zoo/run-history/1", "monitor": 1, "better": "lower", "epochs": []})",
       "monitor must be a string, is a number"},
      {R"({"schema": "zoo/run-history/1", "monitor": "a", "better": "up", "epochs": []})",
       R"(better must be lower or higher, is "up")"},
      {R"({"schema": "zoo/run-history/1", "monitor": "a", "better": "lower", "epochs": {}})",
       "epochs must be an array, is an object"},
      {WithEpochs("1"), "epochs[0] must be an object, is a number"},
      {WithEpochs("{}"), "epochs[0].epoch is missing"},
      {WithEpochs(R"({"epoch": -1})"), "epochs[0].epoch must be a whole number from 0 to 2^53"},
      {WithEpochs(R"({"epoch": 1.5})"), "epochs[0].epoch must be a whole number from 0 to 2^53"},
      {WithEpochs(R"({"epoch": null})"), "epochs[0].epoch must be a whole number from 0 to 2^53"},
      {WithEpochs(R"({"epoch": 9007199254740993})"),
       "epochs[0].epoch must be a whole number from 0 to 2^53"},
      {WithEpochs(R"({"epoch": 1})"), "epochs[0].file is missing"},
      {WithEpochs(R"({"epoch": 1, "file": "../x"})"),
       R"(epochs[0].file "../x" is no plain file name)"},
      {WithEpochs(R"({"epoch": 1, "file": "run.json"})"),
       R"(epochs[0].file "run.json" is no plain file name)"},
      {WithEpochs(R"({"epoch": 1, "file": "a"})"), "epochs[0].metrics is missing"},
      {WithEpochs(R"({"epoch": 1, "file": "a", "metrics": [1]})"),
       "epochs[0].metrics must be an object, is an array"},
      {WithEpochs(R"({"epoch": 1, "file": "a", "metrics": {"x": "1"}})"),
       "epochs[0].metrics.x must be a number, is a string"},
      {WithEpochs(R"({"epoch": 1, "file": "a", "metrics": {}, "time": 3})"),
       "epochs[0].time must be a string, is a number"},
      {WithEpochs(R"({"epoch": 1, "file": "a", "metrics": {}, "seconds": "long"})"),
       "epochs[0].seconds must be a number, is a string"},
      {WithEpochs(R"({"epoch": 1, "file": "a", "metrics": {}, "kept": 1})"),
       "epochs[0].kept must be a boolean, is a number"},
      {WithEpochs(a + ", " + a), "epochs[1].epoch 3 does not come after 3"},
      {WithEpochs(a + R"(, {"epoch": 4, "file": "a", "metrics": {}})"),
       R"(epochs[1].file "a" is another epoch's too)"},
      {WithEpochs(a, R"(, "best": 2)"), "best 2 is no epoch of the list"},
      {WithEpochs(a, R"(, "last": "3")"), "last must be a whole number from 0 to 2^53"},
      {WithEpochs(gone, R"(, "last": 3)"), "last 3 is an epoch whose file is not kept"},
      {WithEpochs(a, R"(, "stopped": true)"), "stopped must be a whole number from 0 to 2^53"},
  };
  for (const auto& row : kRows) {
    auto history = ParseRunHistory(row.text);
    ASSERT_FALSE(history) << row.text;
    EXPECT_EQ(history.error(), (Error{ErrorCode::kCorrupt, row.message, ""})) << row.text;
  }
}

TEST(RunHistory, OfAnotherVersion) {
  auto history = ParseRunHistory(R"({"schema": "zoo/run-history/2"})");
  ASSERT_FALSE(history);
  EXPECT_EQ(history.error(),
            (Error{ErrorCode::kUnsupported,
                   R"(schema is "zoo/run-history/2"; this program reads version 1)",
                   "use a zoo that reads version 2"}));
}

TEST(RunHistory, EveryStartOfATextIsAnError) {
  for (size_t size = 0; size + 1 < kText.size(); ++size) {
    EXPECT_FALSE(ParseRunHistory(kText.substr(0, size))) << size;
  }
}

TEST(RunHistory, EveryChangedByteEndsSomehow) {
  for (size_t at = 0; at < kText.size(); ++at) {
    for (char c : {'\0', '"', '}', '9', '\xff', '/'}) {
      std::string changed = kText;
      changed[at] = c;
      auto history = ParseRunHistory(changed);
      if (!history) continue;
      EXPECT_TRUE(ParseRunHistory(PrintRunHistory(*history))) << changed;
    }
  }
}

TEST(ReadRunHistory, NamesTheFile) {
  TempDir folder;
  auto none = ReadRunHistory(folder.path());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  const auto path = folder.Write("run.json", "{");
  auto history = ReadRunHistory(folder.path());
  ASSERT_FALSE(history);
  EXPECT_EQ(history.error(),
            (Error{ErrorCode::kCorrupt, path.native() + ": not valid JSON at byte 2",
                   "move it away to begin anew; the checkpoints stay"}));
}

TEST(IsCheckpointName, GoodAndBad) {
  for (const char* name : {"a", "a.pt", "epoch=3-step=1.ckpt", "my model.pt", "模型.pt", "-", "~",
                           "x.partial-", "x.partial-1x", ".partial-1"}) {
    EXPECT_EQ(IsCheckpointName(name), name[0] != '.') << name;
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string(".a"), std::string("a/b"),
        std::string("/"), std::string("run.json"), std::string("a\nb"), std::string("a\0b", 3),
        std::string("a\x7f"), std::string("\xff"), std::string("a.partial-12"),
        std::string("a.partial-12-3"), std::string(256, 'a')}) {
    EXPECT_FALSE(IsCheckpointName(name)) << name;
  }
}

}  // namespace
}  // namespace zoo
