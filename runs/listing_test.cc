#include "zoo/runs/listing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/runs/run_folder.h"
#include "zoo/runs/utc_time.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void Train(const fs::path& folder, const RunOptions& options, std::vector<Metrics> epochs) {
  auto run = RunFolder::Open(folder, options);
  ASSERT_TRUE(run) << run.error().Text();
  for (size_t i = 0; i < epochs.size(); ++i) {
    const auto epoch = static_cast<int64_t>(i);
    ASSERT_TRUE(WriteFile(run->Plan(epoch, epochs[i]).value().file, "12345"));
    ASSERT_TRUE(run->Record(epoch, epochs[i], 2));
  }
}

void Save(const fs::path& file, const Metrics& metrics, std::optional<int64_t> epoch) {
  Document document;
  std::vector<std::pair<Document::Id, Document::Id>> entries;
  if (epoch) entries.emplace_back(document.String("epoch"), document.Int(*epoch));
  for (const auto& [name, value] : metrics) {
    entries.emplace_back(document.String(name), document.Float(value));
  }
  document.SetRoot(document.Dict(std::move(entries)));
  WriteCheckpoint(document, file).value();
}

TEST(ListRun, OfRunJson) {
  TempDir dir;
  Train(dir.path(), {.monitor = "acc", .better = Better::kHigher, .keep_last = 2, .patience = 2},
        {{{"loss", 2}, {"acc", 0.2}},
         {{"loss", 1}, {"acc", 0.5}},
         {{"loss", kNan}, {"acc", kNan}},
         {{"acc", 0.4}, {"loss", 0.5}, {"lr", 0.1}}});
  fs::remove(dir.path() / "checkpoint_002.pt");
  auto run = ListRun(dir.path());
  ASSERT_TRUE(run) << run.error().Text();
  EXPECT_TRUE(run->recorded);
  EXPECT_EQ(run->monitor, "acc");
  EXPECT_EQ(run->better, Better::kHigher);
  EXPECT_EQ(run->stopped, 3);
  EXPECT_EQ(run->MetricNames(), (Names{"loss", "acc", "lr"}));
  ASSERT_EQ(run->rows.size(), 4u);
  EXPECT_EQ(run->best(), &run->rows[1]);
  const std::optional<uint64_t> kSizes[] = {{}, 5, {}, 5};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(run->rows[i].epoch, i);
    EXPECT_EQ(run->rows[i].size, kSizes[i]);
    EXPECT_EQ(run->rows[i].pruned, i == 0);
    EXPECT_EQ(run->rows[i].seconds, 2);
    EXPECT_TRUE(ParseUtc(run->rows[i].time));
  }
}

TEST(ListRun, WhileTheRunGoesOn) {
  TempDir dir;
  auto open = RunFolder::Open(dir.path());
  ASSERT_TRUE(open);
  ASSERT_TRUE(WriteFile(open->Plan(0, {{"loss", 1}}).value().file, "1"));
  ASSERT_TRUE(open->Record(0, {{"loss", 1}}, 1));
  EXPECT_EQ(ListRun(dir.path())->rows.size(), 1u);
}

TEST(ListRun, OfBareCheckpoints) {
  TempDir dir;
  Save(dir.path() / "model_2.pt", {{"loss", 0.5}, {"val_loss", 0.75}}, 2);
  Save(dir.path() / "model_1.pt", {{"loss", 1.5}, {"val_loss", 0.5}}, 1);
  Save(dir.path() / "model_3.pt", {{"loss", 0.25}, {"val_loss", kNan}}, 3);
  Save(dir.path() / "export.pt", {}, std::nullopt);
  ASSERT_TRUE(WriteFile(dir.path() / "log.txt", "text"));
  auto run = ListRun(dir.path());
  ASSERT_TRUE(run) << run.error().Text();
  EXPECT_FALSE(run->recorded);
  EXPECT_EQ(run->monitor, "val_loss");
  EXPECT_EQ(run->better, Better::kLower);
  Names files;
  for (const RunRow& row : run->rows) files.push_back(row.file);
  EXPECT_EQ(files, (Names{"model_1.pt", "model_2.pt", "model_3.pt", "export.pt"}));
  EXPECT_EQ(run->best(), &run->rows[0]);
  EXPECT_EQ(run->rows[3].epoch, std::nullopt);
  EXPECT_TRUE(ParseUtc(run->rows[0].time)) << run->rows[0].time;
  EXPECT_EQ(run->rows[0].seconds, std::nullopt);
  ASSERT_EQ(run->skipped.size(), 1u);
  EXPECT_EQ(run->skipped[0].file, "log.txt");
}

TEST(ListRun, AnotherMetricMayDecide) {
  TempDir dir;
  Train(dir.path(), {}, {{{"loss", 2}, {"acc", 0.9}}, {{"loss", 1}, {"acc", 0.5}}});
  EXPECT_EQ(ListRun(dir.path())->best()->epoch, 1);
  EXPECT_EQ(ListRun(dir.path(), {.monitor = "acc"})->best()->epoch, 0);
  EXPECT_EQ(ListRun(dir.path(), {.monitor = "acc", .better = Better::kLower})->best()->epoch, 1);
  EXPECT_EQ(ListRun(dir.path(), {.better = Better::kHigher})->best()->epoch, 0);
  auto none = ListRun(dir.path(), {.monitor = "los"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(),
            (Error{ErrorCode::kUsage, dir.path().native() + ": no epoch has a metric \"los\"",
                   "did you mean \"loss\"?"}));
}

TEST(ListRun, NothingThere) {
  TempDir dir;
  auto run = ListRun(dir.path());
  ASSERT_TRUE(run) << run.error().Text();
  EXPECT_TRUE(run->rows.empty());
  EXPECT_EQ(run->best(), nullptr);
  EXPECT_EQ(run->monitor, "");
  EXPECT_EQ(ListRun(dir.path() / "none").error().code, ErrorCode::kNotFound);
}

TEST(ListRun, ARunJsonThatIsNoneIsAnError) {
  TempDir dir;
  dir.Write("run.json", "{}");
  EXPECT_EQ(ListRun(dir.path()).error().code, ErrorCode::kCorrupt);
}

TEST(GuessBetter, ByName) {
  for (const char* name :
       {"loss", "val_loss", "Loss/train", "val_mae", "RMSE", "ppl", "top1_err"}) {
    EXPECT_EQ(GuessBetter(name), Better::kLower) << name;
  }
  for (const char* name : {"acc", "best_acc1", "top5", "f1", "mAP", "iou", "auc", ""}) {
    EXPECT_EQ(GuessBetter(name), Better::kHigher) << name;
  }
}

}  // namespace
}  // namespace zoo
