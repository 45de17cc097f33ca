// Learning rate schedulers with Python's arithmetic, to the bit, and Python's state_dict(), both
// ways. They need no more of an optimizer than the learning rates of its groups.
//
//   torch::optim::SGD optimizer(model->parameters(), 0.1);
//   StepLR scheduler(optimizer, {.step_size = 30});
//   for (int epoch = 0; epoch < 90; ++epoch) {
//     ...
//     scheduler.Step();   // once an epoch, after the optimizer's steps
//   }
//
// A scheduler takes the learning rates that its optimizer has when it is made as the initial ones.
// Python's leave them in the optimizer's groups, as `initial_lr`, and one that finds them there
// takes those instead: after a state was loaded, or beside another scheduler. LibTorch's groups
// have no place for them; loading the scheduler's own state brings them back. As in Python, that
// does not touch the optimizer, whose own state holds its rates.
//
// A scheduler must not outlive its optimizer. One thread, that of the optimizer.
#ifndef ZOO_LOADER_SCHEDULER_H_
#define ZOO_LOADER_SCHEDULER_H_

#include <torch/optim/optimizer.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/kept_values.h"
#include "zoo/loader/snapshot.h"

namespace zoo {

// A file's state that fits a scheduler, not yet in it.
struct StagedScheduler {
  std::function<void()> commit;  // puts it there: once, and cannot fail
  KeptValues kept;
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  virtual std::string_view name() const = 0;  // Python's class name
  // Ends an epoch. Throws Failure (kUsage) if the scheduler needs a metric.
  virtual void Step() = 0;
  // The same, with the value that is watched; schedulers that watch none ignore it.
  virtual void Step(double metric);

  // As they were set last, one for each group of the optimizer.
  virtual const std::vector<double>& LastLr() const = 0;
  // Those of before the first step; empty of ReduceLROnPlateau, which does not need them.
  virtual std::vector<double> BaseLrs() const = 0;

  // Python's state_dict() as a value of the snapshot, with what was kept. kUnsupported for kept
  // values that cannot be written.
  virtual Result<Document::Id> ToState(Snapshot& snapshot,
                                       const KeptValues* kept = nullptr) const = 0;
  // Reads the dict `state` of the checkpoint; its options replace the scheduler's. The scheduler
  // stays as it is until commit. kMismatch, with every problem, if it is not one of this class and
  // this number of groups.
  virtual Result<StagedScheduler> Stage(const std::shared_ptr<const Checkpoint>& checkpoint,
                                        const Value& state) = 0;
  // Stage and commit.
  Result<KeptValues> FromState(const std::shared_ptr<const Checkpoint>& checkpoint,
                               const Value& state);

 protected:
  explicit Scheduler(torch::optim::Optimizer& optimizer) : optimizer_(optimizer) {}

  std::vector<double> Lrs() const;  // of the optimizer's groups, now
  void SetLr(size_t group, double lr);

  torch::optim::Optimizer& optimizer_;
};

// One whose state is a struct, each member of it an entry of Python's dict.
template <typename State>
class SchedulerOf : public Scheduler {
 public:
  const std::vector<double>& LastLr() const final { return state_.last_lr; }
  std::vector<double> BaseLrs() const final { return state_.base_lrs; }
  Result<Document::Id> ToState(Snapshot& snapshot, const KeptValues* kept = nullptr) const final;
  Result<StagedScheduler> Stage(const std::shared_ptr<const Checkpoint>& checkpoint,
                                const Value& state) final;

 protected:
  using Scheduler::Scheduler;

  State state_;
};

struct SchedulerState {
  std::vector<double> base_lrs;  // before the first step; empty of ReduceLROnPlateau
  std::vector<double> last_lr;
  int64_t last_epoch = 0;
  int64_t step_count = 1;
};

// The learning rate times gamma after every step_size epochs.
struct StepLROptions {
  int64_t step_size = 1;  // at least 1
  double gamma = 0.1;
};
struct StepLRState : StepLROptions, SchedulerState {};

class StepLR : public SchedulerOf<StepLRState> {
 public:
  // Throws Failure (kUsage) for a step_size below 1.
  StepLR(torch::optim::Optimizer& optimizer, const StepLROptions& options);
  std::string_view name() const override { return "StepLR"; }
  using Scheduler::Step;
  void Step() override;
};

// Times gamma at each milestone.
struct MultiStepLROptions {
  std::vector<int64_t> milestones;  // epochs; one that stands there n times counts n times
  double gamma = 0.1;
};
struct MultiStepLRState : SchedulerState {
  std::map<int64_t, int64_t> milestones;  // epoch, how often
  double gamma = 0.1;
};

class MultiStepLR : public SchedulerOf<MultiStepLRState> {
 public:
  MultiStepLR(torch::optim::Optimizer& optimizer, const MultiStepLROptions& options);
  std::string_view name() const override { return "MultiStepLR"; }
  using Scheduler::Step;
  void Step() override;
};

// From the initial learning rate to eta_min along half a cosine, and back.
struct CosineAnnealingLROptions {
  int64_t T_max = 1;  // epochs to the minimum, at least 1
  double eta_min = 0;
};
struct CosineAnnealingLRState : CosineAnnealingLROptions, SchedulerState {};

class CosineAnnealingLR : public SchedulerOf<CosineAnnealingLRState> {
 public:
  // Throws Failure (kUsage) for a T_max below 1.
  CosineAnnealingLR(torch::optim::Optimizer& optimizer, const CosineAnnealingLROptions& options);
  std::string_view name() const override { return "CosineAnnealingLR"; }
  using Scheduler::Step;
  void Step() override;
};

// Times factor once a metric has not got better for more than `patience` epochs.
struct ReduceLROnPlateauOptions {
  std::string mode = "min";  // the metric gets better by falling; "max": by rising
  double factor = 0.1;       // below 1
  int64_t patience = 10;
  double threshold = 1e-4;             // what is better by less is not better
  std::string threshold_mode = "rel";  // of the best value; "abs": the threshold is a difference
  int64_t cooldown = 0;                // epochs after a reduction in which none counts as bad
  std::vector<double> min_lrs;         // one for all groups or one for each; empty: 0
  double eps = 1e-8;                   // a reduction by less is left out
};
struct ReduceLROnPlateauState : ReduceLROnPlateauOptions, SchedulerState {
  std::optional<double> default_min_lr;  // for all groups
  double mode_worse = 0, best = 0;       // worse than any value; the best one so far
  int64_t cooldown_counter = 0;
  int64_t num_bad_epochs = 0;
};

class ReduceLROnPlateau : public SchedulerOf<ReduceLROnPlateauState> {
 public:
  // Throws Failure (kUsage) for a factor of 1 or more, an unknown mode, or another number of
  // min_lrs than 0, 1 or the optimizer's groups.
  explicit ReduceLROnPlateau(torch::optim::Optimizer& optimizer,
                             const ReduceLROnPlateauOptions& options = {});
  std::string_view name() const override { return "ReduceLROnPlateau"; }
  void Step() override;  // throws: it needs the metric
  void Step(double metric) override;

 private:
  bool IsBetter(double metric) const;
  void Reduce();
};

extern template class SchedulerOf<StepLRState>;
extern template class SchedulerOf<MultiStepLRState>;
extern template class SchedulerOf<CosineAnnealingLRState>;
extern template class SchedulerOf<ReduceLROnPlateauState>;

}  // namespace zoo

#endif  // ZOO_LOADER_SCHEDULER_H_
