// The state of LibTorch's optimizers as Python's optimizer.state_dict() has it, both ways:
//
//   {'state': {0: {'step': ..., 'exp_avg': ...}, ...},
//    'param_groups': [{'lr': 0.001, 'betas': (0.9, 0.999), ..., 'params': [0, 1]}]}
//
// where the numbers count parameters across the groups in order. SGD, Adam, AdamW, RMSprop, Adagrad
// and LBFGS, with every option of both.
//
//   SaveOptimizer(optimizer, "adam.pt").value();   //
//   optimizer.load_state_dict(torch.load("adam.pt")) LoadOptimizer(optimizer, "adam.pt").value();
//   // of torch.save(optimizer.state_dict(), "adam.pt")
//
// As in Python, loading takes the options from the file, the learning rate included, and replaces
// all state; floating tensors become their parameter's dtype and go to its device.
//
// Python's options that LibTorch lacks must have their defaults (maximize, differentiable, and
// decoupled_weight_decay, which tells AdamW from Adam). Those that choose how a step is computed
// and not what (foreach, fused, capturable) may have any value; LibTorch does not look at them, and
// they are kept. So are keys that nobody knows.
//
// One thread, that of the optimizer.
#ifndef ZOO_LOADER_OPTIMIZER_STATE_H_
#define ZOO_LOADER_OPTIMIZER_STATE_H_

#include <ATen/core/Tensor.h>
#include <torch/optim/optimizer.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/loader/kept_values.h"
#include "zoo/loader/snapshot.h"

namespace zoo {

struct OptimizerStateOptions {
  const KeptValues* kept = nullptr;  // to be written again
  // Of each group, under `initial_lr`, where Python's schedulers look for it; empty: none.
  std::vector<double> initial_lrs;
  WriteOptions write;  // of SaveOptimizer
};

// The dict as a value of the snapshot. kUnsupported for an optimizer of another class.
Result<Document::Id> OptimizerState(const torch::optim::Optimizer& optimizer, Snapshot& snapshot,
                                    const OptimizerStateOptions& options = {});

// A file's state that fits an optimizer, not yet in it.
struct StagedOptimizer {
  std::function<void()> commit;  // puts it there: once, and cannot fail
  KeptValues kept;
};

// Reads the dict `state` of the checkpoint and compares it with the optimizer, which stays as it
// is. Errors name every problem: kMismatch if groups, parameters, shapes or options do not fit,
// kUnsupported for options that LibTorch lacks; kCorrupt and kDisk of the reading. `at_commit`
// tells which dtype and device a parameter will have by then; without it, those that it has.
using ParameterOptions = std::function<at::TensorOptions(const at::Tensor& parameter)>;
Result<StagedOptimizer> StageOptimizer(torch::optim::Optimizer& optimizer,
                                       const std::shared_ptr<const Checkpoint>& checkpoint,
                                       const Value& state, const ParameterOptions& at_commit = {});

// A file of the optimizer's state alone.
Result<Written> SaveOptimizer(const torch::optim::Optimizer& optimizer,
                              const std::filesystem::path& path,
                              const OptimizerStateOptions& options = {});
// All or nothing. What the optimizer has no place for comes back.
Result<KeptValues> LoadOptimizer(torch::optim::Optimizer& optimizer,
                                 const std::filesystem::path& path);

}  // namespace zoo

#endif  // ZOO_LOADER_OPTIMIZER_STATE_H_
