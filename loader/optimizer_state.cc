#include "zoo/loader/optimizer_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "zoo/checkpoint/value_copy.h"
#include "zoo/loader/optimizer_kinds.h"
#include "zoo/loader/state_fields.h"
#include "zoo/loader/torch_error.h"

namespace zoo {
namespace {

using Id = Document::Id;
using Kind = Value::Kind;
using torch::optim::Optimizer;
using torch::optim::OptimizerOptions;
using torch::optim::OptimizerParamGroup;
using torch::optim::OptimizerParamState;

constexpr std::string_view kState = "state";
constexpr std::string_view kGroups = "param_groups";
constexpr std::string_view kParams = "params";
constexpr std::string_view kInitialLr = "initial_lr";

Path GroupPath(size_t group) { return {std::string(kGroups), static_cast<int64_t>(group)}; }
Path StatePath(size_t parameter) { return {std::string(kState), static_cast<int64_t>(parameter)}; }
std::string Words(const Path& path) { return FormatPath(path); }

Error UnknownOptimizer() {
  return {ErrorCode::kUnsupported, "an optimizer of a class that Python does not have",
          "SGD, Adam, AdamW, RMSprop, Adagrad and LBFGS can be saved and loaded"};
}

// A parameter where Python's numbers would find it.
struct Parameter {
  at::Tensor tensor;
  size_t group = 0;
};

std::vector<Parameter> ParametersOf(const Optimizer& optimizer) {
  std::vector<Parameter> parameters;
  const auto& groups = optimizer.param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    for (const at::Tensor& tensor : groups[i].params()) parameters.push_back({tensor, i});
  }
  return parameters;
}

// What the tensors of its state look like.
std::vector<int64_t> StateShape(const OptimizerKind& kind, const Parameter& parameter,
                                const std::vector<Parameter>& all) {
  if (kind.remembers != OptimizerKind::Remembers::kFirst) return parameter.tensor.sizes().vec();
  int64_t elements = 0;
  for (const Parameter& it : all) elements += it.tensor.numel();
  return {elements};
}

// Writing.

class StateWriter {
 public:
  StateWriter(const Optimizer& optimizer, const OptimizerKind& kind, Snapshot& snapshot,
              const OptimizerStateOptions& options)
      : optimizer_(optimizer),
        kind_(kind),
        snapshot_(snapshot),
        options_(options),
        document_(snapshot.document()),
        parameters_(ParametersOf(optimizer)) {}

  Result<Id> Run();

 private:
  Result<Id> States();
  Result<Id> Groups();
  Result<Id> Group(size_t index, size_t first);

  const Optimizer& optimizer_;
  const OptimizerKind& kind_;
  Snapshot& snapshot_;
  const OptimizerStateOptions& options_;
  Document& document_;
  std::vector<Parameter> parameters_;
};

Result<Id> StateWriter::States() {
  Entries entries;
  const auto& states = optimizer_.state();
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    const auto found = states.find(parameter.tensor.unsafeGetTensorImpl());
    if (found == states.end()) continue;
    // Clones share their tensors; fields point to variables that could be written.
    const auto state = found->second->clone();
    const auto fields =
        kind_.state_fields(*state, optimizer_.param_groups()[parameter.group].options(),
                           StateShape(kind_, parameter, parameters_));
    const Path path = StatePath(i);
    ZOO_ASSIGN_OR_RETURN(Entries made,
                         WriteFields(fields, snapshot_, Words(path), options_.kept, path));
    if (!made.empty()) {
      entries.emplace_back(document_.Int(static_cast<int64_t>(i)), document_.Dict(std::move(made)));
    }
  }
  if (options_.kept != nullptr) {
    ZOO_ASSIGN_OR_RETURN(const Entries kept,
                         CopyKept(*options_.kept, {std::string(kState)}, snapshot_));
    entries.insert(entries.end(), kept.begin(), kept.end());
  }
  return document_.Dict(std::move(entries));
}

Result<Id> StateWriter::Group(size_t index, size_t first) {
  const OptimizerParamGroup& group = optimizer_.param_groups()[index];
  const auto group_options = group.options().clone();
  std::vector<Field> fields = kind_.option_fields(*group_options);
  double initial_lr = 0;
  if (index < options_.initial_lrs.size()) {
    initial_lr = options_.initial_lrs[index];
    fields.push_back({kInitialLr, &initial_lr});
  }
  const Path path = GroupPath(index);
  ZOO_ASSIGN_OR_RETURN(Entries entries,
                       WriteFields(fields, snapshot_, Words(path), options_.kept, path));
  std::vector<Id> numbers;
  for (size_t i = 0; i < group.params().size(); ++i) {
    numbers.push_back(document_.Int(static_cast<int64_t>(first + i)));
  }
  entries.emplace_back(document_.String(kParams), document_.List(std::move(numbers)));
  return document_.Dict(std::move(entries));
}

Result<Id> StateWriter::Groups() {
  std::vector<Id> groups;
  size_t first = 0;
  for (size_t i = 0; i < optimizer_.param_groups().size(); ++i) {
    ZOO_ASSIGN_OR_RETURN(const Id group, Group(i, first));
    groups.push_back(group);
    first += optimizer_.param_groups()[i].params().size();
  }
  return document_.List(std::move(groups));
}

Result<Id> StateWriter::Run() {
  ZOO_ASSIGN_OR_RETURN(const Id states, States());
  ZOO_ASSIGN_OR_RETURN(const Id groups, Groups());
  Entries entries = {{document_.String(kState), states}, {document_.String(kGroups), groups}};
  if (options_.kept != nullptr) {
    ZOO_ASSIGN_OR_RETURN(const Entries kept, CopyKept(*options_.kept, {}, snapshot_));
    entries.insert(entries.end(), kept.begin(), kept.end());
  }
  return document_.Dict(std::move(entries));
}

// Reading.

// What was read, until it is put into the optimizer.
struct Read {
  std::vector<std::unique_ptr<OptimizerOptions>> options;         // of each group
  std::map<size_t, std::unique_ptr<OptimizerParamState>> states;  // by parameter
};

class StateReader {
 public:
  StateReader(Optimizer& optimizer, const OptimizerKind& kind,
              std::shared_ptr<const Checkpoint> checkpoint, const ParameterOptions& at_commit)
      : optimizer_(optimizer),
        kind_(kind),
        at_commit_(at_commit),
        reader_(std::move(checkpoint)),
        parameters_(ParametersOf(optimizer)) {}

  Result<StagedOptimizer> Run(const Value& state);

 private:
  void Groups(const Value& groups);
  void Group(const Value& group, size_t index, size_t first);
  void Numbers(const Value& group, size_t index, size_t first);
  void States(const Value& states);
  void State(const Value& state, size_t parameter);
  void CheckAllRemembered();
  void DropEmpty();

  Optimizer& optimizer_;
  const OptimizerKind& kind_;
  const ParameterOptions& at_commit_;
  FieldReader reader_;
  std::vector<Parameter> parameters_;
  std::map<int64_t, size_t> by_number_;  // the file's numbers of parameters
  std::shared_ptr<Read> read_ = std::make_shared<Read>();
};

void StateReader::Groups(const Value& groups) {
  const size_t have = optimizer_.param_groups().size();
  if (groups.kind() != Kind::kList) {
    return reader_.Mismatch(fmt::format("{} is {}, not a list", kGroups, ValueWords(groups)));
  }
  if (groups.size() != have) {
    reader_.Mismatch(
        fmt::format("the file has {} param_groups, the optimizer {}", groups.size(), have));
  }
  size_t first = 0;
  for (size_t i = 0; i < std::min(groups.size(), have); ++i) {
    Group(groups.item(i), i, first);
    first += optimizer_.param_groups()[i].params().size();
  }
}

void StateReader::Group(const Value& group, size_t index, size_t first) {
  auto& options = read_->options.emplace_back(kind_.make_options());
  const Path path = GroupPath(index);
  std::vector<Field> fields = kind_.option_fields(*options);
  fields.push_back({kParams, Scratch()});  // Numbers() reads it
  reader_.Read(group, Words(path), fields, path);
  Numbers(group, index, first);
}

void StateReader::Numbers(const Value& group, size_t index, size_t first) {
  const std::string where = Words(GroupPath(index));
  const auto numbers = group.Find(kParams);
  if (!numbers || numbers->kind() != Kind::kList) {
    return reader_.Mismatch(fmt::format("{} lacks {}", where, kParams));
  }
  const size_t have = optimizer_.param_groups()[index].params().size();
  if (numbers->size() != have) {
    return reader_.Mismatch(fmt::format("{} has {} parameters in the file, {} in the optimizer",
                                        where, numbers->size(), have));
  }
  for (size_t i = 0; i < have; ++i) {
    const auto number = numbers->item(i).AsInt();
    if (number) by_number_[*number] = first + i;
  }
}

void StateReader::States(const Value& states) {
  if (states.kind() != Kind::kDict) {
    return reader_.Mismatch(fmt::format("{} is {}, not a dict", kState, ValueWords(states)));
  }
  for (size_t i = 0; i < states.size(); ++i) {
    const auto number = states.key(i).AsInt();
    const auto parameter = number ? by_number_.find(*number) : by_number_.end();
    if (parameter == by_number_.end()) {
      reader_.Keep({std::string(kState)}, states.key(i), states.item(i));
    } else {
      State(states.item(i), parameter->second);
    }
  }
}

void StateReader::State(const Value& value, size_t index) {
  if (value.kind() == Kind::kDict && value.size() == 0) return;
  const Parameter& parameter = parameters_[index];
  auto& state = read_->states[index] = kind_.make_state();
  const Path path = StatePath(index);
  const auto fields = kind_.state_fields(*state, *read_->options[parameter.group],
                                         StateShape(kind_, parameter, parameters_));
  reader_.Read(value, Words(path), fields, path,
               at_commit_ ? at_commit_(parameter.tensor) : parameter.tensor.options());
}

void StateReader::CheckAllRemembered() {
  if (kind_.remembers != OptimizerKind::Remembers::kAll) return;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!read_->states.contains(i)) reader_.Mismatch(Words(StatePath(i)) + " is missing");
  }
}

// A momentum_buffer that is None is a parameter that took no step.
void StateReader::DropEmpty() {
  if (kind_.remembers != OptimizerKind::Remembers::kStepped) return;
  std::erase_if(read_->states, [&](const auto& it) {
    const Parameter& parameter = parameters_[it.first];
    const auto fields = kind_.state_fields(*it.second, *read_->options[parameter.group], {});
    return std::ranges::none_of(fields, [](const Field& field) {
      const auto* place = std::get_if<TensorPlace>(&field.place);
      return place != nullptr && place->tensor->defined();
    });
  });
}

Result<StagedOptimizer> StateReader::Run(const Value& state) {
  const auto groups = state.Find(kGroups), states = state.Find(kState);
  if (!groups || !states) {
    reader_.Mismatch("it lacks state and param_groups, which an optimizer's state_dict() has");
    return reader_.Finish(kind_.name).error();
  }
  reader_.Read(state, "the state", std::vector<Field>{{kState, Scratch()}, {kGroups, Scratch()}},
               {});
  Groups(*groups);
  // Numbers mean nothing as long as the groups differ.
  ZOO_RETURN_IF_ERROR(reader_.Finish(kind_.name));
  States(*states);
  CheckAllRemembered();
  ZOO_RETURN_IF_ERROR(reader_.Finish(kind_.name));
  ZOO_RETURN_IF_ERROR(reader_.Place());
  DropEmpty();
  auto commit = [&optimizer = optimizer_, read = read_, parameters = parameters_] {
    for (size_t i = 0; i < read->options.size(); ++i) {
      optimizer.param_groups()[i].set_options(std::move(read->options[i]));
    }
    optimizer.state().clear();
    for (auto& [index, it] : read->states) {
      optimizer.state()[parameters[index].tensor.unsafeGetTensorImpl()] = std::move(it);
    }
  };
  return StagedOptimizer{commit, reader_.TakeKept()};
}

}  // namespace

Result<Id> OptimizerState(const Optimizer& optimizer, Snapshot& snapshot,
                          const OptimizerStateOptions& options) {
  const OptimizerKind* kind = KindOf(optimizer);
  if (kind == nullptr) return UnknownOptimizer();
  Result<Id> id = Document::kNoId;
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot save the optimizer", [&] {
    id = StateWriter(optimizer, *kind, snapshot, options).Run();
  }));
  return id;
}

Result<StagedOptimizer> StageOptimizer(Optimizer& optimizer,
                                       const std::shared_ptr<const Checkpoint>& checkpoint,
                                       const Value& state, const ParameterOptions& at_commit) {
  const OptimizerKind* kind = KindOf(optimizer);
  if (kind == nullptr) return UnknownOptimizer();
  Result<StagedOptimizer> staged = StagedOptimizer();
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot load " + checkpoint->name(), [&] {
    staged = StateReader(optimizer, *kind, checkpoint, at_commit).Run(state);
  }));
  return staged;
}

Result<Written> SaveOptimizer(const Optimizer& optimizer, const std::filesystem::path& path,
                              const OptimizerStateOptions& options) {
  Snapshot snapshot;
  ZOO_ASSIGN_OR_RETURN(const Id root, OptimizerState(optimizer, snapshot, options));
  snapshot.Finish(root);
  return WriteCheckpoint(snapshot.document(), path, options.write);
}

Result<KeptValues> LoadOptimizer(Optimizer& optimizer, const std::filesystem::path& path) {
  ZOO_ASSIGN_OR_RETURN(const auto checkpoint, Checkpoint::Open(path));
  ZOO_ASSIGN_OR_RETURN(StagedOptimizer staged,
                       StageOptimizer(optimizer, checkpoint, checkpoint->root()));
  staged.commit();
  return std::move(staged.kept);
}

}  // namespace zoo
