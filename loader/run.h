// Run: a training run that goes on: it saves every epoch, keeps the best and the last checkpoints,
// says when to stop, and resumes to the bit. docs/training.md tells the story, docs/runs.md what
// lies in the folder.
//
//   auto run = zoo::Run::Open("saved", {.file = "checkpoint_{epoch:03}_{acc:.4f}.pt",
//                                       .monitor = "acc", .better = zoo::Better::kHigher,
//                                       .keep_best = 3, .keep_last = 2, .patience = 5}).value();
//   int64_t epoch = run.Resume({model.get(), &optimizer, &scheduler}).value();  // 0: a new run
//   for (; epoch < 100; ++epoch) {
//     ...
//     auto saved = run.Save(epoch, {model.get(), &optimizer, &scheduler},
//                           {{"loss", loss}, {"acc", acc}}).value();
//     if (saved.stop) break;
//   }
//   run.RestoreBest(*model).value();
//
// The checkpoints are training_checkpoint.h's, which Python reads. They are written on a thread of
// the run's own, from a copy of the tensors, while the training goes on: an epoch whose writing a
// kill cuts short is run again by the next Resume. What the disk says of one is the answer of the
// next call; Wait asks for it at once, and the destructor waits and does not tell.
//
// One thread at a time, that of the training.
#ifndef ZOO_LOADER_RUN_H_
#define ZOO_LOADER_RUN_H_

#include <torch/nn/module.h>
#include <torch/optim/optimizer.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>

#include "zoo/base/result.h"
#include "zoo/loader/load_options.h"
#include "zoo/loader/scheduler.h"
#include "zoo/loader/training_checkpoint.h"
#include "zoo/runs/metrics.h"
#include "zoo/runs/run_folder.h"  // IWYU pragma: export

namespace zoo {

enum class Saving {
  kInBackground,  // Save returns once the tensors are copied
  kAtOnce,        // Save returns once the checkpoint is on the disk; no copy is made
};

struct SaveOutcome : EpochOutcome {
  std::filesystem::path file;  // where the checkpoint is, or will be
  // That the training was held up, waiting for the checkpoint before this one, copying tensors and,
  // kAtOnce, writing.
  double seconds_held = 0;
};

class Run {
 public:
  // Errors: those of RunFolder::Open.
  static Result<Run> Open(const std::filesystem::path& folder, RunOptions options = {},
                          Saving saving = Saving::kInBackground);
  ~Run();
  Run(Run&&) noexcept;
  Run& operator=(Run&&) noexcept;

  // Loads the last checkpoint into the parts that are given, the random state included, and tells
  // the epoch that comes next; 0 and nothing is loaded if there is none. Entries of the file that
  // have no place in these parts and are no metrics of the run are written again by Save. Errors:
  // those of LoadCheckpoint; the parts are then as they were.
  Result<int64_t> Resume(const TrainingParts& training);
  Result<int64_t> Resume(torch::nn::Module& model) { return Resume({.model = &model}); }
  Result<int64_t> Resume(torch::nn::Module& model, torch::optim::Optimizer& optimizer) {
    return Resume({.model = &model, .optimizer = &optimizer});
  }
  Result<int64_t> Resume(torch::nn::Module& model, torch::optim::Optimizer& optimizer,
                         Scheduler& scheduler) {
    return Resume({.model = &model, .optimizer = &optimizer, .scheduler = &scheduler});
  }

  // Saves an epoch that was finished, and says whether it is the best and whether to stop. Its time
  // is counted from the last Save, Resume or Open. kUsage for metrics that the run's options do not
  // fit; kUnsupported for tensors that files cannot hold; kDisk, and the run goes on as it was
  // before the epoch that could not be saved: the one before this, if it is in the background.
  Result<SaveOutcome> Save(int64_t epoch, const TrainingParts& training, const Metrics& metrics);
  Result<SaveOutcome> Save(int64_t epoch, torch::nn::Module& model, const Metrics& metrics) {
    return Save(epoch, TrainingParts{.model = &model}, metrics);
  }
  Result<SaveOutcome> Save(int64_t epoch, torch::nn::Module& model,
                           torch::optim::Optimizer& optimizer, const Metrics& metrics) {
    return Save(epoch, TrainingParts{.model = &model, .optimizer = &optimizer}, metrics);
  }
  Result<SaveOutcome> Save(int64_t epoch, torch::nn::Module& model,
                           torch::optim::Optimizer& optimizer, Scheduler& scheduler,
                           const Metrics& metrics) {
    return Save(epoch,
                TrainingParts{.model = &model, .optimizer = &optimizer, .scheduler = &scheduler},
                metrics);
  }

  // Until what was saved is on the disk; what the disk said of it.
  Status Wait();

  // Loads the best checkpoint's parameters and buffers. kNotFound if no epoch is the best; else the
  // errors of Wait and LoadCheckpoint.
  Result<LoadReport> RestoreBest(torch::nn::Module& model);

  // The folder as it is once everything is written. Valid until Save.
  const RunFolder& folder();

 private:
  Run(RunFolder folder, Saving saving);

  std::unique_ptr<RunFolder> folder_;  // where it is while the run is moved, for the thread
  Saving saving_;
  KeptEntries kept_;  // of the file that was resumed from
  std::chrono::steady_clock::time_point epoch_began_;
  std::future<Status> writing_;  // valid: a checkpoint that may still be on its way
  Status written_;               // of one that is not any more, until somebody is told
};

}  // namespace zoo

#endif  // ZOO_LOADER_RUN_H_
