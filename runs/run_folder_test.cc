#include "zoo/runs/run_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/runs/utc_time.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class RunFolderTest : public testing::Test {
 protected:
  Result<RunFolder> Open(RunOptions options = {}) { return RunFolder::Open(folder(), options); }
  fs::path folder() const { return dir_.path() / "saved"; }

  // Writes the checkpoint and records it.
  static Result<EpochOutcome> Save(RunFolder& run, int64_t epoch, const Metrics& metrics) {
    ZOO_ASSIGN_OR_RETURN(EpochPlan plan, run.Plan(epoch, metrics));
    ZOO_RETURN_IF_ERROR(WriteFile(plan.file, "checkpoint " + std::to_string(epoch)));
    return run.Record(epoch, metrics, 1.5);
  }
  static Result<EpochOutcome> Save(RunFolder& run, int64_t epoch, double loss) {
    return Save(run, epoch, {{"loss", loss}});
  }

  // The checkpoints that are there, in order; whatever else lies in the folder with them.
  Names Files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder())) {
      const std::string name = entry.path().filename();
      if (name != ".run.lock" && name != "run.json") names.insert(name);
    }
    return {names.begin(), names.end()};
  }
  void Write(const std::string& name, const std::string& bytes) {
    ASSERT_TRUE(WriteFile(folder() / name, bytes));
  }

  TempDir dir_;
};

TEST_F(RunFolderTest, ANewRunMakesItsFolder) {
  auto run = Open();
  ASSERT_TRUE(run) << run.error().Text();
  EXPECT_TRUE(fs::is_directory(folder()));
  EXPECT_EQ(run->best(), nullptr);
  EXPECT_EQ(run->last(), nullptr);
  EXPECT_TRUE(run->history().epochs.empty());
  EXPECT_FALSE(fs::exists(folder() / "run.json"));
}

TEST_F(RunFolderTest, WhatIsRecordedIsInRunJson) {
  {
    auto run =
        Open({.file = "m_{epoch:03}_{acc:.2f}.pt", .monitor = "acc", .better = Better::kHigher});
    ASSERT_TRUE(run) << run.error().Text();
    auto plan = run->Plan(0, {{"loss", 2}, {"acc", 0.5}});
    ASSERT_TRUE(plan) << plan.error().Text();
    EXPECT_EQ(plan->file, folder() / "m_000_0.50.pt");
    EXPECT_TRUE(plan->outcome.best);
    EXPECT_TRUE(Save(*run, 0, {{"loss", 2}, {"acc", 0.5}})->best);
    EXPECT_FALSE(Save(*run, 1, {{"loss", 1}, {"acc", 0.25}})->best);
    EXPECT_FALSE(Save(*run, 4, {{"acc", kNan}, {"loss", 1}})->best);
    EXPECT_EQ(run->best()->epoch, 0);
    EXPECT_EQ(run->last()->epoch, 4);
    EXPECT_EQ(run->PathOf(*run->last()), folder() / "m_004_nan.pt");
  }
  auto history = ReadRunHistory(folder());
  ASSERT_TRUE(history) << history.error().Text();
  EXPECT_EQ(history->monitor, "acc");
  EXPECT_EQ(history->better, Better::kHigher);
  EXPECT_EQ(history->best, 0);
  EXPECT_EQ(history->last, 4);
  EXPECT_EQ(history->stopped, std::nullopt);
  ASSERT_EQ(history->epochs.size(), 3u);
  const EpochRecord& second = history->epochs[1];
  EXPECT_EQ(second.file, "m_001_0.25.pt");
  EXPECT_EQ(second.metrics, (Metrics{{"loss", 1}, {"acc", 0.25}}));
  EXPECT_EQ(second.seconds, 1.5);
  EXPECT_TRUE(ParseUtc(second.time)) << second.time;
  // And it goes on from there.
  auto run =
      Open({.file = "m_{epoch:03}_{acc:.2f}.pt", .monitor = "acc", .better = Better::kHigher});
  ASSERT_TRUE(run) << run.error().Text();
  EXPECT_EQ(run->history().epochs[1], second);
  EXPECT_EQ(run->best()->epoch, 0);
  EXPECT_EQ(run->last()->epoch, 4);
}

TEST_F(RunFolderTest, KeepsTheBestAndTheLast) {
  auto run = Open({.keep_best = 2, .keep_last = 1});
  const double kLosses[] = {5, 3, 4, 6, 7};
  const Names kPruned[] = {{}, {}, {"checkpoint_000.pt"}, {}, {"checkpoint_003.pt"}};
  for (int epoch = 0; epoch < 5; ++epoch) {
    auto plan = run->Plan(epoch, {{"loss", kLosses[epoch]}});
    auto outcome = Save(*run, epoch, kLosses[epoch]);
    ASSERT_TRUE(outcome) << outcome.error().Text();
    EXPECT_EQ(outcome->pruned, kPruned[epoch]) << epoch;
    EXPECT_EQ(plan->outcome.pruned, kPruned[epoch]) << epoch;
  }
  EXPECT_EQ(Files(), (Names{"checkpoint_001.pt", "checkpoint_002.pt", "checkpoint_004.pt"}));
  auto history = ReadRunHistory(folder());
  ASSERT_TRUE(history) << history.error().Text();
  EXPECT_EQ(history->epochs.size(), 5u);
  for (const EpochRecord& record : history->epochs) {
    EXPECT_EQ(record.kept, fs::exists(folder() / record.file)) << record.epoch;
    EXPECT_EQ(record.best, record.epoch == 1);
  }
}

TEST_F(RunFolderTest, TheOnlyGoodOneStays) {
  auto run = Open({.keep_best = 1, .keep_last = 1});
  for (int epoch = 0; epoch < 4; ++epoch) {
    ASSERT_TRUE(Save(*run, epoch, epoch == 1 ? 0.5 : kNan));
  }
  EXPECT_EQ(Files(), (Names{"checkpoint_001.pt", "checkpoint_003.pt"}));
  EXPECT_EQ(run->best()->epoch, 1);
}

TEST_F(RunFolderTest, StopsEarlyAndCountsOnAfterAResume) {
  const RunOptions options{.patience = 3, .min_delta = 0.1};
  const double kLosses[] = {1, 0.95, 0.8, 0.75, 0.75};
  for (int epoch = 0; epoch < 5; ++epoch) {
    auto run = Open(options);  // as if it had been killed each time
    auto outcome = Save(*run, epoch, kLosses[epoch]);
    ASSERT_TRUE(outcome) << outcome.error().Text();
    EXPECT_FALSE(outcome->stop) << epoch;
    EXPECT_EQ(outcome->without_improvement, epoch < 2 ? epoch : epoch - 2);
  }
  {
    auto run = Open(options);
    EXPECT_TRUE(run->Plan(5, {{"loss", 0.9}})->outcome.stop);
    EXPECT_TRUE(Save(*run, 5, 0.9)->stop);
    EXPECT_EQ(run->history().stopped, 5);
  }
  EXPECT_EQ(ReadRunHistory(folder())->stopped, 5);
  // With more patience it goes on.
  auto run = Open({.patience = 5, .min_delta = 0.1});
  ASSERT_TRUE(run) << run.error().Text();
  EXPECT_EQ(run->history().stopped, 5);
  EXPECT_FALSE(Save(*run, 6, 0.9)->stop);
  EXPECT_EQ(ReadRunHistory(folder())->stopped, std::nullopt);
}

TEST_F(RunFolderTest, AnEpochThatIsRunAgainReplacesWhatFollowed) {
  const RunOptions options{.file = "m_{epoch}_{loss}.pt"};
  auto run = Open(options);
  for (int epoch = 0; epoch < 4; ++epoch) ASSERT_TRUE(Save(*run, epoch, 4 - epoch));
  auto outcome = Save(*run, 2, 1.5);
  ASSERT_TRUE(outcome) << outcome.error().Text();
  // They are what the user had trained: nobody but the user removes them.
  EXPECT_EQ(outcome->replaced, (Names{"m_2_2.pt", "m_3_1.pt"}));
  EXPECT_EQ(Files(), (Names{"m_0_4.pt", "m_1_3.pt", "m_2_1.5.pt", "m_2_2.pt", "m_3_1.pt"}));
  ASSERT_EQ(run->history().epochs.size(), 3u);
  EXPECT_EQ(run->best()->epoch, 2);
  EXPECT_EQ(run->last()->file, "m_2_1.5.pt");
  // The same file again is no other one.
  EXPECT_EQ(Save(*run, 2, 1.5)->replaced, Names());
  EXPECT_EQ(Save(*run, 3, 1)->replaced, Names());
  EXPECT_EQ(*ReadRunHistory(folder()), run->history());
}

TEST_F(RunFolderTest, FilesThatAreNotListedAreLeftAlone) {
  {
    auto run = Open({.keep_last = 1});
    ASSERT_TRUE(Save(*run, 0, 1));
  }
  // A save that was killed before it was recorded, a copy of the user's, and what is no checkpoint.
  Write("checkpoint_001.pt", "whole");
  Write("checkpoint_007.pt", "mine");
  Write("checkpoint_best.pt", "mine too");
  Write("notes.txt", "");
  auto run = Open({.keep_last = 1});
  ASSERT_TRUE(run) << run.error().Text();
  EXPECT_EQ(run->unlisted(), (Names{"checkpoint_001.pt", "checkpoint_007.pt"}));
  EXPECT_EQ(run->last()->epoch, 0);
  ASSERT_TRUE(Save(*run, 1, 0.5));
  EXPECT_EQ(run->unlisted(), Names{"checkpoint_007.pt"});
  ASSERT_TRUE(Save(*run, 2, 0.25));
  EXPECT_EQ(Files(),
            (Names{"checkpoint_002.pt", "checkpoint_007.pt", "checkpoint_best.pt", "notes.txt"}));
}

TEST_F(RunFolderTest, CheckpointsThatTheUserRemoved) {
  {
    auto run = Open();
    for (int epoch = 0; epoch < 4; ++epoch) ASSERT_TRUE(Save(*run, epoch, epoch));
  }
  fs::remove(folder() / "checkpoint_000.pt");
  fs::remove(folder() / "checkpoint_003.pt");
  fs::create_directory(folder() / "checkpoint_003.pt");  // is no checkpoint either
  auto run = Open({.patience = 4});
  EXPECT_EQ(run->best()->epoch, 1);
  EXPECT_EQ(run->last()->epoch, 2);
  // Their values were reached all the same.
  EXPECT_TRUE(run->Plan(4, {{"loss", 0.5}})->outcome.stop);
  EXPECT_FALSE(run->history().epochs[0].kept);
}

TEST_F(RunFolderTest, APruneThatWasKilledIsFinished) {
  const RunOptions options{.keep_best = 1, .keep_last = 1};
  {
    auto run = Open(options);
    for (int epoch = 0; epoch < 3; ++epoch) ASSERT_TRUE(Save(*run, epoch, epoch));
  }
  Write("checkpoint_001.pt", "was to be removed");
  auto run = Open(options);
  EXPECT_TRUE(run->history().epochs[1].kept);
  EXPECT_EQ(Save(*run, 3, 3)->pruned, (Names{"checkpoint_001.pt", "checkpoint_002.pt"}));
  EXPECT_EQ(Files(), (Names{"checkpoint_000.pt", "checkpoint_003.pt"}));
}

TEST_F(RunFolderTest, WhatAKilledSaveLeftIsRemoved) {
  {
    auto run = Open();
    ASSERT_TRUE(Save(*run, 0, 1));
  }
  for (const char* name :
       {"checkpoint_001.pt.partial-4711", "checkpoint_000.pt.partial-1-2", "run.json.partial-99",
        "mine.pt.partial-4711", "checkpoint_001.pt.partial", "checkpoint_001.pt.partial-x",
        "checkpoint_1.pt.partial-1"}) {
    Write(name, "half");
  }
  auto run = Open();
  ASSERT_TRUE(run) << run.error().Text();
  EXPECT_EQ(Files(),
            (Names{"checkpoint_000.pt", "checkpoint_001.pt.partial", "checkpoint_001.pt.partial-x",
                   "checkpoint_1.pt.partial-1", "mine.pt.partial-4711"}));
}

TEST_F(RunFolderTest, ACheckpointThatCannotBeRemovedCountsAsKept) {
  auto run = Open({.keep_last = 1});
  ASSERT_TRUE(Save(*run, 0, 1));
  ASSERT_TRUE(Save(*run, 1, 0.5));
  fs::remove(folder() / "checkpoint_001.pt");
  fs::create_directory(folder() / "checkpoint_001.pt");
  auto outcome = Save(*run, 2, 0.25);
  ASSERT_TRUE(outcome) << outcome.error().Text();
  EXPECT_EQ(outcome->pruned, Names());
  EXPECT_TRUE(run->history().Find(1)->kept);
}

TEST_F(RunFolderTest, OneAtATime) {
  auto run = Open();
  ASSERT_TRUE(run);
  auto second = Open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), (Error{ErrorCode::kDisk,
                                   "cannot open the run in " + folder().native() +
                                       ": this process itself has it open",
                                   "wait until that is done, or give this run another folder"}));
  run = Error{};
  EXPECT_TRUE(Open());
  EXPECT_FALSE(fs::exists(folder() / ".run.lock"));
}

TEST_F(RunFolderTest, ALockFileThatWasLeftKeepsNobodyOut) {
  fs::create_directory(folder());
  Write(".run.lock", "process 1 on elsewhere");
  EXPECT_TRUE(Open());
}

TEST_F(RunFolderTest, MovingItKeepsTheLock) {
  auto run = Open();
  RunFolder moved = *std::move(run);
  EXPECT_FALSE(Open());
  RunFolder other = RunFolder::Open(dir_.path() / "other").value();
  other = std::move(moved);
  EXPECT_FALSE(Open());
  EXPECT_TRUE(Save(other, 0, 1));
}

TEST_F(RunFolderTest, AnotherMonitorIsAMismatch) {
  {
    auto run = Open();
    ASSERT_TRUE(Save(*run, 0, {{"loss", 1}, {"acc", 1}}));
  }
  auto run = Open({.monitor = "acc", .better = Better::kHigher});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error(),
            (Error{ErrorCode::kMismatch,
                   (folder() / "run.json").native() +
                       ": the run is monitored by \"loss\" (lower is better), the options say "
                       "\"acc\" (higher is better)",
                   "open it with the options that it was begun with, or give this run another "
                   "folder"}));
  EXPECT_EQ(Open({.better = Better::kHigher}).error().code, ErrorCode::kMismatch);
  EXPECT_TRUE(Open());
}

TEST_F(RunFolderTest, WithoutAMonitor) {
  auto run = Open({.monitor = "", .keep_last = 2});
  ASSERT_TRUE(run) << run.error().Text();
  for (int epoch = 0; epoch < 4; ++epoch) EXPECT_FALSE(Save(*run, epoch, Metrics())->best);
  EXPECT_EQ(Files(), (Names{"checkpoint_002.pt", "checkpoint_003.pt"}));
  EXPECT_EQ(run->best(), nullptr);
  run = Error{};
  EXPECT_TRUE(Open({.monitor = ""}));
}

TEST_F(RunFolderTest, OptionsThatCannotBe) {
  const struct {
    RunOptions options;
    std::string text;
  } kRows[] = {
      {{.file = "x"},
       R"(the file pattern "x": the field {epoch} is missing, and two epochs would )"
       "share a file; write it as in checkpoint_{epoch:03}.pt"},
      {{.keep_best = -1},
       "a run cannot keep -1 checkpoints; keep_best and keep_last are counts; both 0 keep all"},
      {{.patience = -2}, "a patience of -2 epochs is none; 0 means never to stop early"},
      {{.min_delta = -0.5}, "a min_delta of -0.5 is none; it is a number from 0 on"},
      {{.min_delta = kNan}, "a min_delta of nan is none; it is a number from 0 on"},
      {{.monitor = "", .patience = 1},
       "keep_best and patience need a metric that says what is better; name one with monitor"},
  };
  for (const auto& row : kRows) {
    auto run = Open(row.options);
    ASSERT_FALSE(run) << row.text;
    EXPECT_EQ(run.error().code, ErrorCode::kUsage);
    EXPECT_EQ(run.error().Text(), row.text);
  }
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(RunFolderTest, EpochsThatCannotBe) {
  auto run = Open({.file = "m_{epoch}_{acc:.1f}.pt"});
  const struct {
    int64_t epoch;
    Metrics metrics;
    std::string text;
  } kRows[] = {
      {-1, {{"loss", 1}, {"acc", 1}}, "epoch -1 is none: they count from 0"},
      {3,
       {{"acc", 1}, {"los", 1}},
       R"(epoch 3 has no metric "loss", which the run is monitored by; it has "los")"},
      {3,
       {{"loss", 1}},
       R"(the file pattern "m_{epoch}_{acc:.1f}.pt": epoch 3 has no metric "acc"; it has loss)"},
      {3, {{"loss", 1}, {"acc", 1}, {"acc", 2}}, R"(epoch 3 has the metric "acc" twice)"},
      {3, {{"", 1}}, R"(epoch 3 has a metric named ""; a name is UTF-8 text)"},
      {3, {{"\xff", 1}}, R"(epoch 3 has a metric named "\xff"; a name is UTF-8 text)"},
  };
  for (const auto& row : kRows) {
    auto plan = run->Plan(row.epoch, row.metrics);
    ASSERT_FALSE(plan) << row.text;
    EXPECT_EQ(plan.error().code, ErrorCode::kUsage);
    EXPECT_EQ(plan.error().Text(), row.text);
    EXPECT_EQ(run->Record(row.epoch, row.metrics, 0).error(), plan.error());
  }
}

TEST_F(RunFolderTest, ACheckpointThatIsNotThere) {
  auto run = Open();
  auto outcome = run->Record(0, {{"loss", 1}}, 1);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(),
            (Error{ErrorCode::kNotFound,
                   (folder() / "checkpoint_000.pt").native() + ": the checkpoint is not there",
                   "it is written before the epoch is recorded"}));
  EXPECT_TRUE(run->history().epochs.empty());
  EXPECT_FALSE(fs::exists(folder() / "run.json"));
}

TEST_F(RunFolderTest, TwoEpochsOfOneFile) {
  {
    auto run = Open({.file = "m_1{epoch}.pt"});
    ASSERT_TRUE(Save(*run, 2, 1));
  }
  auto run = Open({.file = "m_{epoch}.pt"});
  auto plan = run->Plan(12, {{"loss", 1}});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error(),
            (Error{ErrorCode::kUsage, "epochs 2 and 12 would share the file \"m_12.pt\"",
                   "use the file pattern that the run was begun with"}));
}

TEST_F(RunFolderTest, WhatIsNoFolder) {
  const auto file = dir_.Write("file", "");
  auto run = RunFolder::Open(file);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error(), (Error{ErrorCode::kUsage, file.native() + " is not a folder", ""}));
  EXPECT_EQ(RunFolder::Open("").error().Text(), "the run's folder has an empty name");
  auto below = RunFolder::Open(file / "saved");
  ASSERT_FALSE(below);
  EXPECT_EQ(below.error().message,
            "cannot make the folder " + file.native() + "/saved: Not a directory");
}

TEST_F(RunFolderTest, ARunJsonThatIsNone) {
  fs::create_directory(folder());
  Write("run.json", "{}");
  Write("checkpoint_000.pt", "");
  auto run = Open();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, ErrorCode::kCorrupt);
  fs::remove(folder() / "run.json");
  fs::create_symlink("elsewhere", folder() / "run.json");
  EXPECT_EQ(Open().error().Text(), (folder() / "run.json").native() + " is not a regular file");
  EXPECT_EQ(Files(), Names{"checkpoint_000.pt"});
}

TEST_F(RunFolderTest, UnknownFieldsStay) {
  {
    auto run = Open();
    ASSERT_TRUE(Save(*run, 0, 1));
  }
  auto history = ReadRunHistory(folder());
  history->others = {{"host", "a"}};
  history->epochs[0].others = {{"note", Json::Array{1, nullptr}}};
  Write("run.json", PrintRunHistory(*history));
  {
    auto run = Open();
    ASSERT_TRUE(Save(*run, 1, 1));
  }
  auto again = ReadRunHistory(folder());
  EXPECT_EQ(again->others, history->others);
  EXPECT_EQ(again->epochs[0], history->epochs[0]);
}

TEST_F(RunFolderTest, AFolderWithASlashAtItsEnd) {
  auto run = RunFolder::Open(folder() / "");
  ASSERT_TRUE(run) << run.error().Text();
  EXPECT_TRUE(Save(*run, 0, 1));
  EXPECT_FALSE(Open());
}

}  // namespace
}  // namespace zoo
