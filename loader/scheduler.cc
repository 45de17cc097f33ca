// The arithmetic is Python's, operation by operation: a learning rate follows from the one before.
#include "zoo/loader/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace zoo {
namespace {

Failure Usage(std::string_view scheduler, std::string what) {
  return Failure({ErrorCode::kUsage, fmt::format("{}: {}", scheduler, what), ""});
}

}  // namespace

void Scheduler::Step(double) { Step(); }

std::vector<double> Scheduler::Lrs() const {
  std::vector<double> lrs;
  for (const auto& group : optimizer_.param_groups()) lrs.push_back(group.options().get_lr());
  return lrs;
}

void Scheduler::SetLr(size_t group, double lr) {
  optimizer_.param_groups()[group].options().set_lr(lr);
}

Result<KeptValues> Scheduler::FromState(const std::shared_ptr<const Checkpoint>& checkpoint,
                                        const Value& state) {
  ZOO_ASSIGN_OR_RETURN(StagedScheduler staged, Stage(checkpoint, state));
  staged.commit();
  return std::move(staged.kept);
}

StepLR::StepLR(torch::optim::Optimizer& optimizer, const StepLROptions& options)
    : SchedulerOf(optimizer) {
  if (options.step_size < 1) {
    throw Usage(name(), fmt::format("step_size is {}, it must be at least 1", options.step_size));
  }
  static_cast<StepLROptions&>(state_) = options;
  state_.base_lrs = state_.last_lr = Lrs();
}

void StepLR::Step() {
  ++state_.step_count;
  ++state_.last_epoch;
  const std::vector<double> lrs = Lrs();
  if (state_.last_epoch != 0 && state_.last_epoch % state_.step_size == 0) {
    for (size_t i = 0; i < lrs.size(); ++i) SetLr(i, lrs[i] * state_.gamma);
  }
  state_.last_lr = Lrs();
}

MultiStepLR::MultiStepLR(torch::optim::Optimizer& optimizer, const MultiStepLROptions& options)
    : SchedulerOf(optimizer) {
  for (const int64_t milestone : options.milestones) ++state_.milestones[milestone];
  state_.gamma = options.gamma;
  state_.base_lrs = Lrs();
  // Epoch 0 may be a milestone.
  state_.last_epoch = -1;
  state_.step_count = 0;
  Step();
}

void MultiStepLR::Step() {
  ++state_.step_count;
  ++state_.last_epoch;
  const std::vector<double> lrs = Lrs();
  const auto milestone = state_.milestones.find(state_.last_epoch);
  if (milestone != state_.milestones.end()) {
    const double factor = std::pow(state_.gamma, static_cast<double>(milestone->second));
    for (size_t i = 0; i < lrs.size(); ++i) SetLr(i, lrs[i] * factor);
  }
  state_.last_lr = Lrs();
}

CosineAnnealingLR::CosineAnnealingLR(torch::optim::Optimizer& optimizer,
                                     const CosineAnnealingLROptions& options)
    : SchedulerOf(optimizer) {
  if (options.T_max < 1) {
    throw Usage(name(), fmt::format("T_max is {}, it must be at least 1", options.T_max));
  }
  static_cast<CosineAnnealingLROptions&>(state_) = options;
  state_.base_lrs = state_.last_lr = Lrs();
}

void CosineAnnealingLR::Step() {
  constexpr double kPi = std::numbers::pi;
  ++state_.step_count;
  ++state_.last_epoch;
  const auto epoch = static_cast<double>(state_.last_epoch);
  const auto half = static_cast<double>(state_.T_max);
  const double eta_min = state_.eta_min;
  const std::vector<double> lrs = Lrs();
  if (lrs.size() != state_.base_lrs.size()) {
    throw Usage(name(), fmt::format("the optimizer has {} param_groups, and had {} before",
                                    lrs.size(), state_.base_lrs.size()));
  }
  for (size_t i = 0; i < lrs.size(); ++i) {
    const double range = state_.base_lrs[i] - eta_min;
    if (state_.step_count == 1 && state_.last_epoch > 0) {
      SetLr(i, eta_min + range * (1 + std::cos(epoch * kPi / half)) / 2);
    } else if ((state_.last_epoch - 1 - state_.T_max) % (2 * state_.T_max) == 0) {
      // At the minimum the quotient below would be 0 / 0.
      SetLr(i, lrs[i] + range * (1 - std::cos(kPi / half)) / 2);
    } else {
      SetLr(i, (1 + std::cos(kPi * epoch / half)) / (1 + std::cos(kPi * (epoch - 1) / half)) *
                       (lrs[i] - eta_min) +
                   eta_min);
    }
  }
  state_.last_lr = Lrs();
}

ReduceLROnPlateau::ReduceLROnPlateau(torch::optim::Optimizer& optimizer,
                                     const ReduceLROnPlateauOptions& options)
    : SchedulerOf(optimizer) {
  const size_t groups = optimizer.param_groups().size();
  if (options.factor >= 1) {
    throw Usage(name(), fmt::format("factor is {}, it must be below 1", options.factor));
  }
  if (options.mode != "min" && options.mode != "max") {
    throw Usage(name(), fmt::format("mode is \"{}\", it must be min or max", options.mode));
  }
  if (options.threshold_mode != "rel" && options.threshold_mode != "abs") {
    throw Usage(name(), fmt::format("threshold_mode is \"{}\", it must be rel or abs",
                                    options.threshold_mode));
  }
  if (options.min_lrs.size() > 1 && options.min_lrs.size() != groups) {
    throw Usage(name(), fmt::format("there are {} min_lrs and {} param_groups",
                                    options.min_lrs.size(), groups));
  }
  static_cast<ReduceLROnPlateauOptions&>(state_) = options;
  if (options.min_lrs.size() < 2) {
    state_.default_min_lr = options.min_lrs.empty() ? 0 : options.min_lrs[0];
    state_.min_lrs.assign(groups, *state_.default_min_lr);
  }
  state_.mode_worse = options.mode == "min" ? HUGE_VAL : -HUGE_VAL;
  state_.best = state_.mode_worse;
  state_.last_lr = Lrs();
}

void ReduceLROnPlateau::Step() { throw Usage(name(), "Step needs the metric that is watched"); }

bool ReduceLROnPlateau::IsBetter(double metric) const {
  const bool relative = state_.threshold_mode == "rel";
  if (state_.mode == "min") {
    return metric <
           (relative ? state_.best * (1.0 - state_.threshold) : state_.best - state_.threshold);
  }
  return metric >
         (relative ? state_.best * (state_.threshold + 1.0) : state_.best + state_.threshold);
}

void ReduceLROnPlateau::Step(double metric) {
  ++state_.last_epoch;
  if (IsBetter(metric)) {
    state_.best = metric;
    state_.num_bad_epochs = 0;
  } else {
    ++state_.num_bad_epochs;
  }
  if (state_.cooldown_counter > 0) {
    --state_.cooldown_counter;
    state_.num_bad_epochs = 0;
  }
  if (state_.num_bad_epochs > state_.patience) {
    Reduce();
    state_.cooldown_counter = state_.cooldown;
    state_.num_bad_epochs = 0;
  }
  state_.last_lr = Lrs();
}

void ReduceLROnPlateau::Reduce() {
  const std::vector<double> lrs = Lrs();
  if (lrs.size() != state_.min_lrs.size()) {
    if (!state_.default_min_lr) {
      throw Usage(name(), fmt::format("there are {} min_lrs and {} param_groups",
                                      state_.min_lrs.size(), lrs.size()));
    }
    state_.min_lrs.assign(lrs.size(), *state_.default_min_lr);
  }
  for (size_t i = 0; i < lrs.size(); ++i) {
    const double lr = std::max(lrs[i] * state_.factor, state_.min_lrs[i]);
    if (lrs[i] - lr > state_.eps) SetLr(i, lr);
  }
}

}  // namespace zoo
