#include "zoo/loader/training_checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string_view>

#include "zoo/base/text.h"
#include "zoo/checkpoint/dtype.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/match.h"
#include "zoo/loader/misfit.h"
#include "zoo/loader/optimizer_state.h"
#include "zoo/loader/place.h"
#include "zoo/loader/rng_state.h"
#include "zoo/loader/save.h"
#include "zoo/loader/state_fields.h"
#include "zoo/loader/torch_error.h"
#include "zoo/loader/training_layout.h"
#include "zoo/models/state_dict.h"

namespace zoo {
namespace {

using Id = Document::Id;
using Kind = Value::Kind;

constexpr std::string_view kEpoch = "epoch";
constexpr std::string_view kGlobalStep = "global_step";
constexpr std::string_view kArchitecture = "arch";
constexpr std::string_view kRngState = "rng_state";
constexpr int64_t kMaxRngState = 1 << 20;  // bytes; PyTorch's CPU generator has 5056

// Saving.

class Taker {
 public:
  Taker(const TrainingParts& training, const TrainingProgress& progress, Snapshot::Memory memory)
      : training_(training), progress_(progress), snapshot_(memory) {}

  Result<Snapshot> Run();

 private:
  const KeptValues* Kept(KeptValues KeptEntries::*part) const {
    return progress_.kept == nullptr ? nullptr : &(progress_.kept->*part);
  }
  // False if the file has an entry of that name already.
  bool Add(std::string_view key, Id value);
  Status Model();
  Status Optimizer();
  Status Scheduler();
  Status Metrics();
  Status Rng();
  Status KeptOfFile();

  const TrainingParts& training_;
  const TrainingProgress& progress_;
  Snapshot snapshot_;
  Entries entries_;
  std::set<std::string, std::less<>> keys_;
};

bool Taker::Add(std::string_view key, Id value) {
  if (!keys_.emplace(key).second) return false;
  entries_.emplace_back(snapshot_.document().String(key), value);
  return true;
}

Status Taker::Model() {
  if (training_.model == nullptr) return {};
  ZOO_ASSIGN_OR_RETURN(const Id state, StateDictValue(*training_.model, snapshot_));
  Add(PartKey(Part::kModel), state);
  return {};
}

Status Taker::Optimizer() {
  if (training_.optimizer == nullptr) return {};
  OptimizerStateOptions options{.kept = Kept(&KeptEntries::optimizer)};
  if (training_.scheduler != nullptr) options.initial_lrs = training_.scheduler->BaseLrs();
  ZOO_ASSIGN_OR_RETURN(const Id state, OptimizerState(*training_.optimizer, snapshot_, options));
  Add(PartKey(Part::kOptimizer), state);
  return {};
}

Status Taker::Scheduler() {
  if (training_.scheduler == nullptr) return {};
  ZOO_ASSIGN_OR_RETURN(const Id state,
                       training_.scheduler->ToState(snapshot_, Kept(&KeptEntries::scheduler)));
  Add(PartKey(Part::kScheduler), state);
  return {};
}

Status Taker::Metrics() {
  for (const auto& [name, value] : progress_.metrics) {
    if (name != kRngState && Add(name, snapshot_.document().Float(value))) continue;
    return Error{ErrorCode::kUsage,
                 fmt::format("a metric cannot be named {}: the checkpoint has another entry of "
                             "that name",
                             Quote(name)),
                 ""};
  }
  return {};
}

Status Taker::Rng() {
  if (!progress_.rng_state) return {};
  ZOO_ASSIGN_OR_RETURN(const Id state, snapshot_.Tensor(kRngState, RngState()));
  Add(kRngState, state);
  return {};
}

// What the training has itself goes before what was kept.
Status Taker::KeptOfFile() {
  const KeptValues* kept = Kept(&KeptEntries::file);
  if (kept == nullptr) return {};
  KeptValues others{kept->checkpoint, {}};
  for (const KeptValue& it : kept->values) {
    if (!keys_.contains(it.key.text())) others.values.push_back(it);
  }
  ZOO_ASSIGN_OR_RETURN(const Entries copied, CopyKept(others, {}, snapshot_));
  entries_.insert(entries_.end(), copied.begin(), copied.end());
  return {};
}

Result<Snapshot> Taker::Run() {
  Add(kEpoch, snapshot_.document().Int(progress_.epoch));
  ZOO_RETURN_IF_ERROR(Model());
  ZOO_RETURN_IF_ERROR(Optimizer());
  ZOO_RETURN_IF_ERROR(Scheduler());
  ZOO_RETURN_IF_ERROR(Metrics());
  ZOO_RETURN_IF_ERROR(Rng());
  ZOO_RETURN_IF_ERROR(KeptOfFile());
  snapshot_.Finish(snapshot_.document().Dict(std::move(entries_)));
  return std::move(snapshot_);
}

// Loading.

// What is placed before it is known to be a state must not take much.
Status CheckRngTensor(const Checkpoint& checkpoint, uint32_t index) {
  if (index >= checkpoint.tensors().size()) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: {} has no bytes", checkpoint.name(), kRngState), ""};
  }
  const TensorInfo& tensor = checkpoint.tensors()[index];
  const bool bytes = tensor.layout == Layout::kStrided && tensor.quantization == nullptr &&
                     tensor.dtype == DType::kUint8;
  if (bytes && tensor.shape.size() == 1 && tensor.contiguous() && tensor.numel() <= kMaxRngState) {
    return {};
  }
  return Error{
      ErrorCode::kCorrupt,
      fmt::format("{}: {} is a {}{} tensor of {}, shape [{}] and stride [{}], not a row of "
                  "at most {} bytes",
                  checkpoint.name(), kRngState, tensor.quantization != nullptr ? "quantized " : "",
                  LayoutName(tensor.layout), DTypeName(tensor.dtype), fmt::join(tensor.shape, ", "),
                  fmt::join(tensor.stride, ", "), kMaxRngState),
      ""};
}

// Steps: read everything that can be read without changing anything; load the model, which is all
// or nothing by itself; put the rest in place, which cannot fail.
class Restorer {
 public:
  Restorer(const std::shared_ptr<const Checkpoint>& checkpoint, const TrainingParts& training,
           const LoadCheckpointOptions& options)
      : checkpoint_(checkpoint), training_(training), options_(options) {}

  Result<LoadedCheckpoint> Run();

 private:
  // The part, if it is wanted and there. Lacking ones are errors, or ignored on request.
  std::optional<FoundPart> Find(Part part, bool wanted, std::string_view words);
  void StageOptimizerPart();
  void StageSchedulerPart();
  void StageRng();
  void ReadEntries();
  void ReadEntry(const Value& key, const Value& value);
  LoadOptions ModelOptions() const;
  ParameterOptions AfterModelsLoad() const;
  void CompareModel();
  Status Model();
  Error Problems() const;
  void Fail(Error error) { errors_.push_back(std::move(error)); }

  const std::shared_ptr<const Checkpoint>& checkpoint_;
  const TrainingParts& training_;
  const LoadCheckpointOptions& options_;
  LoadedCheckpoint loaded_;
  std::vector<Error> errors_;
  std::set<std::string, std::less<>> used_;  // keys of the file
  std::optional<FoundPart> model_;
  std::vector<std::function<void()>> commits_;
};

std::optional<FoundPart> Restorer::Find(Part part, bool wanted, std::string_view words) {
  if (!wanted) return std::nullopt;
  auto found = FindPart(*checkpoint_, part);
  if (!found) {
    Fail(found.error());
    return std::nullopt;
  }
  if (found->has_value()) {
    used_.insert((*found)->key);
  } else if (!options_.ignore_missing_parts && part != Part::kModel) {
    Fail({ErrorCode::kNotFound,
          fmt::format("{}: it holds no state of {}", checkpoint_->name(), words),
          "ignore_missing_parts loads what is there"});
  }
  return *std::move(found);
}

void Restorer::StageOptimizerPart() {
  const auto found = Find(Part::kOptimizer, training_.optimizer != nullptr, "an optimizer");
  if (!found) return;
  auto staged = StageOptimizer(*training_.optimizer, checkpoint_, found->value, AfterModelsLoad());
  if (!staged) return Fail(std::move(staged).error());
  loaded_.optimizer_loaded = true;
  loaded_.kept.optimizer = std::move(staged->kept);
  commits_.push_back(std::move(staged->commit));
}

void Restorer::StageSchedulerPart() {
  const auto found = Find(Part::kScheduler, training_.scheduler != nullptr, "a scheduler");
  if (!found) return;
  auto staged = training_.scheduler->Stage(checkpoint_, found->value);
  if (!staged) return Fail(std::move(staged).error());
  loaded_.scheduler_loaded = true;
  loaded_.kept.scheduler = std::move(staged->kept);
  commits_.push_back(std::move(staged->commit));
}

// An entry of that name that is no tensor is somebody else's, and kept.
void Restorer::StageRng() {
  const auto value = checkpoint_->root().Find(kRngState);
  if (!options_.rng_state || !value || value->kind() != Kind::kTensor) return;
  const uint32_t index = value->tensor();
  if (Status checked = CheckRngTensor(*checkpoint_, index); !checked) {
    return Fail(std::move(checked).error());
  }
  auto placed = PlaceTensors(checkpoint_, std::span(&index, 1), PlaceBy::kCopy);
  if (!placed) return Fail(std::move(placed).error());
  const at::Tensor state = (*placed)[0].tensor;
  if (Status checked = CheckRngState(state); !checked) {
    return Fail({checked.error().code,
                 fmt::format("{}: {}", checkpoint_->name(), checked.error().message), ""});
  }
  used_.emplace(kRngState);
  loaded_.rng_restored = true;
  commits_.push_back([state] { SetRngState(state); });
}

void Restorer::ReadEntry(const Value& key, const Value& value) {
  const std::string_view name = key.kind() == Kind::kString ? key.text() : std::string_view();
  if (used_.contains(name)) return;
  const auto number = NumberOf(*checkpoint_, value);
  if (name == kEpoch && value.kind() == Kind::kInt) {
    loaded_.epoch = value.AsInt();
  } else if (name == kGlobalStep && value.kind() == Kind::kInt) {
    loaded_.global_step = value.AsInt();
  } else if (number && !name.empty()) {
    loaded_.metrics.emplace_back(name, *number);
  } else if (name == kArchitecture && value.kind() == Kind::kString) {
    loaded_.architecture = value.text();
  }
  // The epoch is the one entry that every save writes anew.
  if (!loaded_.epoch || name != kEpoch) loaded_.kept.file.values.push_back({{}, key, value});
}

void Restorer::ReadEntries() {
  const Value root = checkpoint_->root();
  loaded_.kept.file.checkpoint = checkpoint_;
  // A file that is a state dict and nothing else has no entries besides.
  const bool bare = training_.model != nullptr && !model_;
  if (root.kind() != Kind::kDict || bare) return;
  for (size_t i = 0; i < root.size(); ++i) ReadEntry(root.key(i), root.item(i));
}

LoadOptions Restorer::ModelOptions() const {
  LoadOptions load = options_.load;
  if (load.key.empty() && model_) load.key = model_->key;
  return load;
}

// The optimizer's state is read before the model is loaded, and belongs where that puts its
// parameters.
ParameterOptions Restorer::AfterModelsLoad() const {
  const LoadOptions load = ModelOptions();
  if (training_.model == nullptr || !checkpoint_->FindStateDict(load.key)) return {};
  std::set<const at::TensorImpl*> moved;
  for (const auto& slot : models::StateDictOf(*training_.model)) {
    moved.insert(slot.tensor.unsafeGetTensorImpl());
  }
  return [load, moved](const at::Tensor& parameter) {
    if (!moved.contains(parameter.unsafeGetTensorImpl())) return parameter.options();
    return parameter.options()
        .dtype(DTypeInModule(parameter, load))
        .device(load.device.value_or(parameter.device()));
  };
}

// What stands against the model, beside the errors that there are already.
void Restorer::CompareModel() {
  if (training_.model == nullptr) return;
  const LoadOptions load = ModelOptions();
  const auto file = checkpoint_->FindStateDict(load.key);
  if (!file) return;
  const Match match =
      MatchTensors(models::StateDictOf(*training_.model), *checkpoint_, *file, load);
  if (match.misfit.count() == 0) return;
  errors_.insert(errors_.begin(),
                 MisfitError(match.misfit, checkpoint_->name(), training_.model->name()));
}

Status Restorer::Model() {
  if (training_.model == nullptr) return {};
  auto report = LoadInto(*training_.model, checkpoint_, ModelOptions());
  if (!report) {
    const bool lacking = report.error().code == ErrorCode::kNotFound;
    if (lacking && options_.ignore_missing_parts) return {};
    return std::move(report).error();
  }
  loaded_.model = *std::move(report);
  loaded_.model_loaded = true;
  return {};
}

// All in one: a file that does not fit says so before one that cannot be read.
Error Restorer::Problems() const {
  Error all = errors_[0];
  for (size_t i = 1; i < errors_.size(); ++i) {
    if (errors_[i].code == ErrorCode::kMismatch) all.code = ErrorCode::kMismatch;
    all.message += "; " + errors_[i].message;
    if (all.hint.empty()) all.hint = errors_[i].hint;
  }
  return all;
}

Result<LoadedCheckpoint> Restorer::Run() {
  if (training_.model != nullptr) {
    ZOO_RETURN_IF_ERROR(CheckOptions(*training_.model, options_.load));
  }
  model_ = Find(Part::kModel, training_.model != nullptr, "a model");
  StageOptimizerPart();
  StageSchedulerPart();
  StageRng();
  if (!errors_.empty()) {
    CompareModel();
    return Problems();
  }
  ReadEntries();
  ZOO_RETURN_IF_ERROR(Model());
  for (const auto& commit : commits_) commit();
  return std::move(loaded_);
}

}  // namespace

Result<Snapshot> SnapshotTraining(const TrainingParts& training, const TrainingProgress& progress,
                                  Snapshot::Memory memory) {
  Result<Snapshot> snapshot = Snapshot();
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot save the training",
                                 [&] { snapshot = Taker(training, progress, memory).Run(); }));
  return snapshot;
}

Result<Written> SaveCheckpoint(const std::filesystem::path& path, const TrainingParts& training,
                               const TrainingProgress& progress, const WriteOptions& write) {
  ZOO_ASSIGN_OR_RETURN(const Snapshot snapshot, SnapshotTraining(training, progress));
  return WriteCheckpoint(snapshot.document(), path, write);
}

Result<LoadedCheckpoint> LoadCheckpoint(const std::filesystem::path& path,
                                        const TrainingParts& training,
                                        const LoadCheckpointOptions& options) {
  ZOO_ASSIGN_OR_RETURN(const auto checkpoint, Checkpoint::Open(path, options.open));
  return LoadCheckpoint(checkpoint, training, options);
}

Result<LoadedCheckpoint> LoadCheckpoint(const std::shared_ptr<const Checkpoint>& checkpoint,
                                        const TrainingParts& training,
                                        const LoadCheckpointOptions& options) {
  Result<LoadedCheckpoint> loaded = LoadedCheckpoint();
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot load " + checkpoint->name(),
                                 [&] { loaded = Restorer(checkpoint, training, options).Run(); }));
  return loaded;
}

}  // namespace zoo
