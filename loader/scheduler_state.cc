// The entries of each scheduler's state_dict(), in Python's order.
#include <fmt/format.h>

#include <cmath>

#include "zoo/loader/scheduler.h"
#include "zoo/loader/state_fields.h"

namespace zoo {
namespace {

constexpr auto kOptional = Field::kOptional;

template <typename... Fields>
std::vector<Field> WithEpochs(SchedulerState& it, Fields... own) {
  return {own...,
          {"base_lrs", &it.base_lrs},
          {"last_epoch", &it.last_epoch},
          {"_step_count", &it.step_count},
          {"_is_initial", Fixed{Fixed::kFalse, Fixed::kSpeed}},
          {"_get_lr_called_within_step", Fixed{Fixed::kFalse, Fixed::kSpeed}},
          {"_last_lr", &it.last_lr, kOptional}};
}

std::vector<Field> FieldsOf(StepLRState& it) {
  return WithEpochs(it, Field{"step_size", &it.step_size}, Field{"gamma", &it.gamma});
}

std::vector<Field> FieldsOf(MultiStepLRState& it) {
  return WithEpochs(it, Field{"milestones", &it.milestones}, Field{"gamma", &it.gamma});
}

std::vector<Field> FieldsOf(CosineAnnealingLRState& it) {
  return WithEpochs(it, Field{"T_max", &it.T_max}, Field{"eta_min", &it.eta_min});
}

std::vector<Field> FieldsOf(ReduceLROnPlateauState& it) {
  return {{"factor", &it.factor},
          {"default_min_lr", &it.default_min_lr, kOptional},
          {"min_lrs", &it.min_lrs},
          {"patience", &it.patience},
          {"cooldown", &it.cooldown},
          {"eps", &it.eps},
          {"last_epoch", &it.last_epoch},
          {"_last_lr", &it.last_lr, kOptional},
          {"mode_worse", &it.mode_worse, kOptional},
          {"mode", &it.mode},
          {"threshold", &it.threshold},
          {"threshold_mode", &it.threshold_mode},
          {"best", &it.best},
          {"cooldown_counter", &it.cooldown_counter},
          {"num_bad_epochs", &it.num_bad_epochs}};
}

void CheckGroups(const std::vector<double>& of_file, std::string_view key, size_t groups,
                 FieldReader& reader) {
  if (of_file.size() == groups) return;
  reader.Mismatch(
      fmt::format("{} has {} in the file, the optimizer has {}", key, of_file.size(), groups));
}

void CheckAtLeastOne(int64_t value, std::string_view key, FieldReader& reader) {
  if (value < 1) reader.Mismatch(fmt::format("{} is {}", key, value));
}

void Check(const StepLRState& it, size_t groups, FieldReader& reader) {
  CheckAtLeastOne(it.step_size, "step_size", reader);
  CheckGroups(it.base_lrs, "base_lrs", groups, reader);
}

void Check(const MultiStepLRState& it, size_t groups, FieldReader& reader) {
  CheckGroups(it.base_lrs, "base_lrs", groups, reader);
}

void Check(const CosineAnnealingLRState& it, size_t groups, FieldReader& reader) {
  CheckAtLeastOne(it.T_max, "T_max", reader);
  CheckGroups(it.base_lrs, "base_lrs", groups, reader);
}

void Check(ReduceLROnPlateauState& it, size_t groups, FieldReader& reader) {
  CheckGroups(it.min_lrs, "min_lrs", groups, reader);
  if (it.mode != "min" && it.mode != "max") reader.Mismatch("mode is neither min nor max");
  if (it.threshold_mode != "rel" && it.threshold_mode != "abs") {
    reader.Mismatch("threshold_mode is neither rel nor abs");
  }
  it.mode_worse = it.mode == "min" ? HUGE_VAL : -HUGE_VAL;
}

}  // namespace

template <typename State>
Result<Document::Id> SchedulerOf<State>::ToState(Snapshot& snapshot, const KeptValues* kept) const {
  State state = state_;  // fields point to variables that could be written
  ZOO_ASSIGN_OR_RETURN(Entries entries, WriteFields(FieldsOf(state), snapshot, name(), kept, {}));
  return snapshot.document().Dict(std::move(entries));
}

template <typename State>
Result<StagedScheduler> SchedulerOf<State>::Stage(
    const std::shared_ptr<const Checkpoint>& checkpoint, const Value& value) {
  auto read = std::make_shared<State>();
  read->last_lr = Lrs();
  FieldReader reader(checkpoint);
  reader.Read(value, "the state", FieldsOf(*read), {});
  ZOO_RETURN_IF_ERROR(reader.Finish(name()));
  Check(*read, optimizer_.param_groups().size(), reader);
  ZOO_RETURN_IF_ERROR(reader.Finish(name()));
  return StagedScheduler{[this, read] { state_ = std::move(*read); }, reader.TakeKept()};
}

template class SchedulerOf<StepLRState>;
template class SchedulerOf<MultiStepLRState>;
template class SchedulerOf<CosineAnnealingLRState>;
template class SchedulerOf<ReduceLROnPlateauState>;

}  // namespace zoo
