// A run that is killed, on a disk that is full, and opened by two processes.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <random>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/new_file.h"
#include "zoo/runs/run_folder.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kEpochs = 40;

// A child that runs `work` and exits with what it returns.
pid_t Start(const std::function<int()>& work) {
  pid_t child = fork();
  if (child == 0) _exit(work());
  return child;
}

int ExitCode(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

RunOptions Options() { return {.keep_best = 2, .keep_last = 2, .patience = 1000}; }

// Goes down, and up again: the best are not the last.
double LossOf(int64_t epoch) { return static_cast<double>((epoch - 15) * (epoch - 15)) + 0.5; }

std::string BytesOf(int64_t epoch) { return std::string(20'000, static_cast<char>('A' + epoch)); }

Status WriteCheckpoint(const fs::path& path, int64_t epoch) {
  ZOO_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(path));
  const std::string bytes = BytesOf(epoch);
  for (size_t at = 0; at < bytes.size(); at += 5000) {
    ZOO_RETURN_IF_ERROR(file.Append(AsBytes(std::string_view(bytes).substr(at, 5000))));
  }
  return file.Commit(NewFile::Sync::kNone);
}

// Trains on from where the run is, writing a byte to `said` before each step of a save.
int Train(const fs::path& folder, int said) {
  auto run = RunFolder::Open(folder, Options());
  if (!run) return std::fprintf(stderr, "%s\n", run.error().Text().c_str()), 1;
  const EpochRecord* last = run->last();
  for (int64_t epoch = last == nullptr ? 0 : last->epoch + 1; epoch < kEpochs; ++epoch) {
    const Metrics metrics{{"loss", LossOf(epoch)}};
    auto plan = run->Plan(epoch, metrics);
    if (!plan || write(said, "w", 1) != 1) return 2;
    if (!WriteCheckpoint(plan->file, epoch) || write(said, "r", 1) != 1) return 3;
    if (!run->Record(epoch, metrics, 1)) return 4;
  }
  return 0;
}

// What is wrong with the folder; empty if nothing is. `least`: an epoch that was recorded before.
std::string WhatIsWrong(const fs::path& folder, int64_t& least) {
  if (!fs::exists(folder / "run.json")) return least < 0 ? "" : "run.json is gone";
  auto history = ReadRunHistory(folder);
  if (!history) return history.error().Text();
  if (!history->last || *history->last < least) return "an epoch is lost";
  least = *history->last;
  int64_t expected = 0;
  for (const EpochRecord& record : history->epochs) {
    if (record.epoch != expected++) return "an epoch is missing";
    if (!record.kept) continue;
    auto bytes = ReadFile(folder / record.file, 1 << 20);
    if (!bytes) return bytes.error().Text();
    if (*bytes != BytesOf(record.epoch)) return record.file + " is not whole";
  }
  const int64_t best = std::min<int64_t>(*history->last, 15);
  return history->best == best ? "" : "the best one is not kept";
}

TEST(RunKill, AtRandomMoments) {
  const uint32_t seed = std::random_device()();
  std::mt19937 random(seed);
  int killed = 0;
  for (int trained = 0; trained < 3; ++trained) {
    TempDir dir;
    const fs::path folder = dir.path() / "saved";
    int64_t recorded = -1;
    // A child that is always killed before it gets anywhere would go on for ever.
    for (int code = -1, round = 0; code != 0; ++round) {
      ASSERT_LT(round, 10'000) << "seed " << seed;
      int ends[2];
      ASSERT_EQ(pipe(ends), 0);
      UniqueFd hear(ends[0]), say(ends[1]);
      const pid_t child = Start([&] { return Train(folder, say.get()); });
      say = UniqueFd();
      char heard;
      for (uint32_t steps = 1 + random() % 6; steps > 0; --steps) {
        if (read(hear.get(), &heard, 1) <= 0) break;
      }
      for (uint32_t moments = random() % 200; moments > 0; --moments) sched_yield();
      kill(child, SIGKILL);
      code = ExitCode(child);
      ASSERT_TRUE(code == 0 || code == 128 + SIGKILL) << code << " seed " << seed;
      killed += code != 0;
      ASSERT_EQ(WhatIsWrong(folder, recorded), "") << "seed " << seed;
    }
    // The next save removes what the last one, if it was killed while it pruned, left over: the two
    // best are there, the two last, and run.json.
    auto run = RunFolder::Open(folder, Options());
    ASSERT_TRUE(run) << run.error().Text();
    const Metrics metrics{{"loss", LossOf(kEpochs)}};
    ASSERT_TRUE(WriteCheckpoint(run->Plan(kEpochs, metrics)->file, kEpochs));
    ASSERT_TRUE(run->Record(kEpochs, metrics, 1));
    run = Error{};
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
      names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    EXPECT_EQ(names,
              (std::vector<std::string>{"checkpoint_014.pt", "checkpoint_015.pt",
                                        "checkpoint_039.pt", "checkpoint_040.pt", "run.json"}))
        << "seed " << seed;
  }
  EXPECT_GT(killed, 20) << "seed " << seed;
}

// run.json grows with each epoch, and may not beyond a limit.
int FillTheDisk(const fs::path& folder) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  getrlimit(RLIMIT_FSIZE, &unlimited);
  rlimit small = unlimited;
  small.rlim_cur = 4000;
  auto run = RunFolder::Open(folder);
  if (!run) return 1;
  for (int64_t epoch = 0; epoch < 100; ++epoch) {
    const Metrics metrics{{"loss", 1}};
    auto plan = run->Plan(epoch, metrics);
    if (!plan || !WriteFile(plan->file, "x")) return 2;
    setrlimit(RLIMIT_FSIZE, &small);
    auto outcome = run->Record(epoch, metrics, 1);
    setrlimit(RLIMIT_FSIZE, &unlimited);
    if (outcome) continue;
    const Error& error = outcome.error();
    const std::string message = "cannot write " + (folder / "run.json").native() +
                                ": File too large; epoch " + std::to_string(epoch) +
                                " is not recorded, all before it are";
    if (error.code != ErrorCode::kDisk || error.message != message ||
        error.hint.find("make room") == std::string::npos) {
      std::fprintf(stderr, "%s\n", error.Text().c_str());
      return 3;
    }
    auto history = ReadRunHistory(folder);
    if (!history || history->last != epoch - 1 || run->last()->epoch != epoch - 1) return 4;
    if (fs::exists(folder / ("run.json.partial-" + std::to_string(getpid())))) return 5;
    // With room again the same call is all it takes.
    return run->Record(epoch, metrics, 1) && ReadRunHistory(folder)->last == epoch ? 0 : 6;
  }
  return 7;
}

TEST(RunKill, AFullDisk) {
  TempDir dir;
  EXPECT_EQ(ExitCode(Start([&] { return FillTheDisk(dir.path() / "saved"); })), 0);
}

TEST(RunKill, ASecondProcessIsToldWhoIsFirst) {
  TempDir dir;
  int ends[2], stop[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(pipe(stop), 0);
  UniqueFd hear(ends[0]), say(ends[1]), wait(stop[0]), end(stop[1]);
  const pid_t child = Start([&] {
    auto run = RunFolder::Open(dir.path());
    end = UniqueFd();
    char byte;
    if (!run || write(say.get(), ".", 1) != 1) return 1;
    return read(wait.get(), &byte, 1) == 0 ? 0 : 2;
  });
  char byte;
  ASSERT_EQ(read(hear.get(), &byte, 1), 1);
  auto run = RunFolder::Open(dir.path());
  end = UniqueFd();
  ASSERT_FALSE(run);
  const std::string start = "cannot open the run in " + dir.path().native() + ": process " +
                            std::to_string(child) + " on ";
  EXPECT_EQ(run.error().code, ErrorCode::kDisk);
  EXPECT_TRUE(run.error().message.starts_with(start)) << run.error().message;
  EXPECT_TRUE(run.error().message.ends_with(" has it open")) << run.error().message;
  EXPECT_EQ(ExitCode(child), 0);
  EXPECT_TRUE(RunFolder::Open(dir.path()));
}

}  // namespace
}  // namespace zoo
