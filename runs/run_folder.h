// RunFolder: the folder of a training run that goes on: its checkpoints, and run.json, which lists
// them. One RunFolder at a time, in one process: a lock keeps others out. It opens no checkpoint
// and writes none; that is the caller's part.
//
//   ZOO_ASSIGN_OR_RETURN(RunFolder run, RunFolder::Open("saved", {.monitor = "acc",
//                            .better = Better::kHigher, .keep_best = 3, .patience = 5}));
//   if (const EpochRecord* last = run.last()) Resume(run.PathOf(*last));
//   ...
//   ZOO_ASSIGN_OR_RETURN(EpochPlan plan, run.Plan(epoch, metrics));
//   ...write the checkpoint to plan.file: complete and synced when it gets that name...
//   ZOO_ASSIGN_OR_RETURN(EpochOutcome outcome, run.Record(epoch, metrics, seconds));
//   if (outcome.stop) break;
//
// A kill at any moment leaves every checkpoint whole that run.json lists as kept, and run.json as
// it was before or after. docs/runs.md numbers the steps. One thread at a time.
#ifndef ZOO_RUNS_RUN_FOLDER_H_
#define ZOO_RUNS_RUN_FOLDER_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/runs/file_pattern.h"
#include "zoo/runs/folder_lock.h"
#include "zoo/runs/history.h"

namespace zoo {

struct RunOptions {
  std::string file = "checkpoint_{epoch:03}.pt";  // see FilePattern
  // The metric that says which epoch is best; every epoch must have it. Empty: none is best.
  std::string monitor = "loss";
  Better better = Better::kLower;
  // How many of the best and of the last checkpoints are kept. Both 0: all are. Otherwise the best
  // one and the last one always are.
  int keep_best = 0, keep_last = 0;
  // Epochs in a row without improvement after which the run is told to stop; 0: never.
  int patience = 0;
  double min_delta = 0;  // only more than this is an improvement to `patience`
};

// What an epoch is to its run.
struct EpochOutcome {
  bool best = false;                // the best of those whose files are kept
  bool stop = false;                // `patience` is at its end
  int64_t without_improvement = 0;  // epochs in a row, this one included
  std::vector<std::string> pruned;  // checkpoints that are not kept any longer
  // Of an epoch that was recorded before: the files of its former record and of all later ones.
  // They stay where they are and are no part of the run any more.
  std::vector<std::string> replaced;
};

struct EpochPlan {
  std::filesystem::path file;  // where its checkpoint goes
  EpochOutcome outcome;        // as Record will say
};

class RunFolder {
 public:
  // Makes the folder if there is none, locks it, reads run.json, compares it with the folder and
  // removes what a killed save left on its way. kDisk if another has it open (the message says who,
  // if that is known), kMismatch if the run is monitored otherwise than the options say, kCorrupt
  // for a run.json that is none, kUsage for options that cannot be.
  static Result<RunFolder> Open(const std::filesystem::path& folder, RunOptions options = {});
  RunFolder(RunFolder&&) noexcept = default;
  RunFolder& operator=(RunFolder&&) noexcept = default;

  const std::filesystem::path& path() const { return path_; }
  const RunOptions& options() const { return options_; }
  const RunHistory& history() const { return history_; }

  // Of the epochs whose files are there; null if there is none. Valid until Record.
  const EpochRecord* best() const { return history_.Find(history_.best); }
  const EpochRecord* last() const { return history_.Find(history_.last); }
  std::filesystem::path PathOf(const EpochRecord& record) const { return path_ / record.file; }

  // Files that have names as this run gives them, but are not in run.json: of a save that was
  // killed before it was recorded, or the user's own. Nothing here touches them; recording an epoch
  // of the same file name takes it over.
  const std::vector<std::string>& unlisted() const { return unlisted_; }

  // Where the checkpoint of an epoch goes and what Record will say of it. Changes nothing. kUsage
  // for an epoch below 0, a metric that is missing or there twice, or a file name that another
  // epoch has.
  Result<EpochPlan> Plan(int64_t epoch, const Metrics& metrics) const;

  // Lists the epoch, whose checkpoint is there (kNotFound if it is not), in run.json, and removes
  // what is not to be kept. An epoch that was recorded before takes the place of its former record
  // and of all later ones. After an error of writing run.json (kDisk) the run is as it was, and the
  // same call may be made again. A checkpoint that cannot be removed is no error: it counts as
  // kept.
  Result<EpochOutcome> Record(int64_t epoch, const Metrics& metrics, double seconds);

 private:
  RunFolder(std::filesystem::path path, RunOptions options, FilePattern pattern, FolderLock lock)
      : path_(std::move(path)),
        options_(std::move(options)),
        pattern_(std::move(pattern)),
        lock_(std::move(lock)) {}
  Status ReadHistory();
  Status LookAround();
  Status WriteHistory(const RunHistory& history) const;
  void Prune(std::vector<std::string>& files);
  struct Next;
  Result<Next> MakeNext(int64_t epoch, const Metrics& metrics) const;

  std::filesystem::path path_;
  RunOptions options_;
  FilePattern pattern_;
  FolderLock lock_;
  RunHistory history_;  // `kept` as the folder says
  std::vector<std::string> unlisted_;
};

}  // namespace zoo

#endif  // ZOO_RUNS_RUN_FOLDER_H_
