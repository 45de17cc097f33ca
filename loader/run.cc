#include "zoo/loader/run.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/loader/kept_values.h"
#include "zoo/loader/snapshot.h"

namespace zoo {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Steps 1 to 3 of run_folder.cc.
Status Write(RunFolder& folder, const Snapshot& snapshot, const EpochPlan& plan, int64_t epoch,
             const Metrics& metrics, double seconds) {
  if (Result<Written> written = WriteCheckpoint(snapshot.document(), plan.file); !written) {
    Error error = written.error();
    error.message += fmt::format("; epoch {} is not saved, all before it are", epoch);
    return error;
  }
  Result<EpochOutcome> recorded = folder.Record(epoch, metrics, seconds);
  if (!recorded) return recorded.error();
  return {};
}

}  // namespace

Result<Run> Run::Open(const std::filesystem::path& folder, RunOptions options, Saving saving) {
  ZOO_ASSIGN_OR_RETURN(RunFolder opened, RunFolder::Open(folder, std::move(options)));
  return Run(std::move(opened), saving);
}

Run::Run(RunFolder folder, Saving saving)
    : folder_(std::make_unique<RunFolder>(std::move(folder))),
      saving_(saving),
      epoch_began_(Clock::now()) {}

// A future of std::async waits when it goes away, before the folder that its thread uses does.
Run::~Run() = default;
Run::Run(Run&&) noexcept = default;

Run& Run::operator=(Run&& other) noexcept {
  if (this == &other) return *this;
  if (writing_.valid()) writing_.wait();  // it uses the folder that goes away
  writing_ = std::move(other.writing_);
  folder_ = std::move(other.folder_);
  saving_ = other.saving_;
  kept_ = std::move(other.kept_);
  epoch_began_ = other.epoch_began_;
  written_ = std::move(other.written_);
  return *this;
}

const RunFolder& Run::folder() {
  if (writing_.valid()) written_ = writing_.get();
  return *folder_;
}

Status Run::Wait() {
  folder();
  return std::exchange(written_, Status());
}

Result<int64_t> Run::Resume(const TrainingParts& training) {
  ZOO_RETURN_IF_ERROR(Wait());
  const EpochRecord* last = folder_->last();
  if (last == nullptr) {
    epoch_began_ = Clock::now();
    return 0;
  }
  ZOO_ASSIGN_OR_RETURN(LoadedCheckpoint loaded, LoadCheckpoint(folder_->PathOf(*last), training));
  kept_ = std::move(loaded.kept);
  // What the run itself wrote of that epoch says nothing of the next.
  std::erase_if(kept_.file.values, [&](const KeptValue& it) {
    return it.key.kind() == Value::Kind::kString &&
           FindMetric(last->metrics, it.key.text()) != nullptr;
  });
  epoch_began_ = Clock::now();
  return last->epoch + 1;
}

Result<SaveOutcome> Run::Save(int64_t epoch, const TrainingParts& training,
                              const Metrics& metrics) {
  const Clock::time_point start = Clock::now();
  const double seconds = SecondsSince(epoch_began_);
  ZOO_RETURN_IF_ERROR(Wait());
  ZOO_ASSIGN_OR_RETURN(EpochPlan plan, folder_->Plan(epoch, metrics));
  const TrainingProgress progress{.epoch = epoch, .metrics = metrics, .kept = &kept_};
  const bool later = saving_ == Saving::kInBackground;
  ZOO_ASSIGN_OR_RETURN(Snapshot snapshot, SnapshotTraining(training, progress,
                                                           later ? Snapshot::Memory::kCopied
                                                                 : Snapshot::Memory::kShared));
  SaveOutcome outcome{plan.outcome, plan.file};
  if (later) {
    writing_ = std::async(
        std::launch::async,
        [folder = folder_.get(), snapshot = std::make_shared<const Snapshot>(std::move(snapshot)),
         plan = std::move(plan), epoch, metrics,
         seconds] { return Write(*folder, *snapshot, plan, epoch, metrics, seconds); });
  } else {
    ZOO_RETURN_IF_ERROR(Write(*folder_, snapshot, plan, epoch, metrics, seconds));
  }
  epoch_began_ = Clock::now();
  outcome.seconds_held = SecondsSince(start);
  return outcome;
}

Result<LoadReport> Run::RestoreBest(torch::nn::Module& model) {
  ZOO_RETURN_IF_ERROR(Wait());
  const EpochRecord* best = folder_->best();
  if (best == nullptr) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("{}: no epoch is the best", Escape(folder_->path().native(), 1000)),
                 folder_->history().epochs.empty() ? "none was saved yet" : ""};
  }
  ZOO_ASSIGN_OR_RETURN(
      LoadedCheckpoint loaded,
      LoadCheckpoint(folder_->PathOf(*best), {.model = &model}, {.rng_state = false}));
  return std::move(loaded.model);
}

}  // namespace zoo
