// Checkpoints of a training, in Python's usual layout, both ways:
//
//   {'epoch': 3, 'model_state_dict': ..., 'optimizer_state_dict': ..., 'scheduler_state_dict': ...,
//    'loss': 0.25, 'acc': 0.9, 'rng_state': torch.get_rng_state()}
//
//   TrainingParts training{.model = model.get(), .optimizer = &optimizer, .scheduler = &scheduler};
//   SaveCheckpoint("epoch3.pt", training, {.epoch = 3, .metrics = {{"loss", loss}}}).value();
//   int64_t epoch = LoadCheckpoint("epoch3.pt", training).value().epoch.value();
//
// A training that goes on from a checkpoint computes what it would have computed, to the bit.
// Saving in two steps, a snapshot here and the writing elsewhere, lets the training go on
// meanwhile:
//
//   Snapshot snapshot = SnapshotTraining(training, progress, Snapshot::Memory::kCopied).value();
//   ... on another thread: WriteCheckpoint(snapshot.document(), path)
//
// Loading also understands the layouts of PyTorch Lightning, timm and PyTorch's ImageNet example.
//
// One thread, that of the training; no other may use its parts meanwhile.
#ifndef ZOO_LOADER_TRAINING_CHECKPOINT_H_
#define ZOO_LOADER_TRAINING_CHECKPOINT_H_

#include <torch/nn/module.h>
#include <torch/optim/optimizer.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/loader/kept_values.h"
#include "zoo/loader/load_options.h"
#include "zoo/loader/scheduler.h"
#include "zoo/loader/snapshot.h"
#include "zoo/runs/metrics.h"

namespace zoo {

// What of a training is saved and loaded; null: not that.
struct TrainingParts {
  torch::nn::Module* model = nullptr;
  torch::optim::Optimizer* optimizer = nullptr;
  Scheduler* scheduler = nullptr;
};

// What a file has that none of a training's parts has a place for, each relative to its part.
struct KeptEntries {
  KeptValues file, optimizer, scheduler;
};

struct TrainingProgress {
  int64_t epoch = 0;
  Metrics metrics;                    // top-level entries of the file
  bool rng_state = true;              // of PyTorch's CPU generator
  const KeptEntries* kept = nullptr;  // to be written again
};

// The checkpoint as a document, ready to be written. kUsage for a metric under the name of another
// entry; kUnsupported as Snapshot::Tensor, OptimizerState and CopyKept say.
Result<Snapshot> SnapshotTraining(const TrainingParts& training, const TrainingProgress& progress,
                                  Snapshot::Memory memory = Snapshot::Memory::kShared);

// Snapshot and WriteCheckpoint.
Result<Written> SaveCheckpoint(const std::filesystem::path& path, const TrainingParts& training,
                               const TrainingProgress& progress, const WriteOptions& write = {});

struct LoadCheckpointOptions {
  LoadOptions load;       // of the model
  bool rng_state = true;  // restore it, if the file has one
  // Parts that the file may lack; the part then stays as it is. Without it that is kNotFound.
  bool ignore_missing_parts = false;
  OpenOptions open;
};

struct LoadedCheckpoint {
  std::optional<int64_t> epoch;  // as the file says it: the last one done, or the next one
  std::optional<int64_t> global_step;
  std::optional<std::string> architecture;  // 'arch' of timm and the ImageNet example
  // The other numbers at the top: loss, acc, best_acc1, a script's seed. Kept too: a save that has
  // no metric of the name writes them again.
  Metrics metrics;
  LoadReport model;
  bool model_loaded = false, optimizer_loaded = false, scheduler_loaded = false;
  bool rng_restored = false;
  KeptEntries kept;
};

// All or nothing: if anything does not fit, every problem is in the message (kMismatch, or
// kUnsupported if that is all) and every part is as it was. kNotFound for a part that the file does
// not have.
Result<LoadedCheckpoint> LoadCheckpoint(const std::filesystem::path& path,
                                        const TrainingParts& training,
                                        const LoadCheckpointOptions& options = {});
Result<LoadedCheckpoint> LoadCheckpoint(const std::shared_ptr<const Checkpoint>& checkpoint,
                                        const TrainingParts& training,
                                        const LoadCheckpointOptions& options = {});

}  // namespace zoo

#endif  // ZOO_LOADER_TRAINING_CHECKPOINT_H_
