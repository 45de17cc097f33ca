#include "zoo/checkpoint/state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/walk.h"

namespace zoo {
namespace {

// Under which people keep the weights of a training checkpoint.
constexpr std::string_view kUsualKeys[] = {
    "state_dict", "model_state_dict", "model",    "net",       "network",        "weights",
    "params",     "params_ema",       "ema",      "model_ema", "ema_state_dict", "state_dict_ema",
    "module",     "net_state_dict",   "backbone",
};
constexpr size_t kCandidatesShown = 8;

bool IsDict(const Arena& arena, NodeId node) { return arena.kind(node) == NodeKind::kDict; }

// The entries of one dict; nothing if none of them is a tensor under a string key.
std::optional<StateDict> OfDict(const FileContents& contents, NodeId node) {
  const Arena& arena = contents.arena;
  StateDict found;
  const std::vector<NodeId>& items = arena.Items(node);
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    bool tensor =
        arena.kind(items[i]) == NodeKind::kString && arena.kind(items[i + 1]) == NodeKind::kTensor;
    if (!tensor) {
      ++found.others;
      continue;
    }
    uint32_t index = contents.tensor_index[arena.at(items[i + 1]).first];
    found.tensors.push_back({std::string(arena.text(items[i])), index});
  }
  if (found.tensors.empty()) return std::nullopt;
  return found;
}

// What listing state dicts may take: modules and tensors against the limit "paths", their names
// against "listing". Modules that are shared can double both at each level.
class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}

  void Take(uint64_t bytes) {
    ++places_;
    bytes_ += bytes + sizeof(StateDict::Item);
  }
  bool spent() const { return places_ > limits_.paths || bytes_ > limits_.listing; }
  Error Spent(const FileContents& contents) const {
    bool names = bytes_ > limits_.listing;
    std::string_view limit = names ? "listing" : "paths";
    return {ErrorCode::kCorrupt,
            names ? fmt::format("{}: the names of its state dicts take more than {} bytes",
                                contents.file->name(), limits_.listing)
                  : fmt::format("{}: its state dicts have more than {} modules and tensors",
                                contents.file->name(), limits_.paths),
            RaiseLimit(limit)};
  }

 private:
  const Limits& limits_;
  uint64_t places_ = 0, bytes_ = 0;
};

// A module on the way to being flattened.
struct Open {
  NodeId node;
  std::string prefix;
  std::vector<std::pair<std::string, NodeId>> children;
  size_t next = 0;
};

// state_dict() of a module that was saved whole: a module met in itself is left out, one met twice
// is listed twice.
class Flattener {
 public:
  Flattener(const FileContents& contents, Budget& budget)
      : contents_(contents), arena_(contents.arena), budget_(budget) {}

  std::optional<StateDict> Run(NodeId module) {
    Enter(module, "");
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.next == top.children.size() || budget_.spent()) {
        inside_.erase(top.node);
        open_.pop_back();
        continue;
      }
      auto [name, child] = top.children[top.next++];
      Enter(child, top.prefix + name + ".");
    }
    if (found_.tensors.empty() || budget_.spent()) return std::nullopt;
    return std::move(found_);
  }

 private:
  void Enter(NodeId node, std::string prefix) {
    auto parts = AsModule(arena_, node);
    if (!parts || open_.size() >= arena_.limits().depth || !inside_.insert(node).second) return;
    AddTensors(parts->parameters, *parts, prefix);
    if (parts->buffers != kNoNode && IsDict(arena_, parts->buffers)) {
      AddTensors(parts->buffers, *parts, prefix);
    }
    Open open{node, std::move(prefix), {}, 0};
    const std::vector<NodeId>& modules = arena_.Items(parts->modules);
    for (size_t i = 0; i + 1 < modules.size(); i += 2) {
      if (arena_.kind(modules[i]) != NodeKind::kString) continue;
      open.children.emplace_back(arena_.text(modules[i]), modules[i + 1]);
    }
    // A state or a dict may be that of many modules.
    budget_.Take(open.prefix.size() + arena_.Items(parts->state).size() + modules.size());
    open_.push_back(std::move(open));
  }

  void AddTensors(NodeId dict, const ModuleParts& parts, const std::string& prefix) {
    const std::vector<NodeId>& items = arena_.Items(dict);
    std::unordered_set<std::string_view> transient;
    if (dict == parts.buffers) transient = TransientBuffers(arena_, parts);
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      if (arena_.kind(items[i + 1]) == NodeKind::kNone) continue;
      if (!transient.empty() && arena_.kind(items[i]) == NodeKind::kString &&
          transient.contains(arena_.text(items[i]))) {
        continue;
      }
      if (arena_.kind(items[i]) != NodeKind::kString ||
          arena_.kind(items[i + 1]) != NodeKind::kTensor) {
        ++found_.others;
        continue;
      }
      budget_.Take(prefix.size() + arena_.text(items[i]).size());
      if (budget_.spent()) return;
      found_.tensors.push_back({prefix + std::string(arena_.text(items[i])),
                                contents_.tensor_index[arena_.at(items[i + 1]).first]});
    }
  }

  const FileContents& contents_;
  const Arena& arena_;
  StateDict found_;
  std::vector<Open> open_;
  std::unordered_set<NodeId> inside_;
  Budget& budget_;
};

std::optional<StateDict> OfNode(const FileContents& contents, NodeId node, Budget& budget) {
  if (IsDict(contents.arena, node)) return OfDict(contents, node);
  if (AsModule(contents.arena, node)) return Flattener(contents, budget).Run(node);
  return std::nullopt;
}

Result<StateDict> Wanted(const FileContents& contents, NodeId node, Path path,
                         std::string_view key) {
  Budget budget(contents.arena.limits());
  auto found = OfNode(contents, node, budget);
  if (budget.spent()) return budget.Spent(contents);
  if (!found) {
    return Error{
        ErrorCode::kNotFound,
        fmt::format("{}: {} is {}, not a mapping of names to tensors", contents.file->name(),
                    Quote(key, 80), NodeKindName(contents.arena.kind(node))),
        "`zoo inspect` shows what the file holds"};
  }
  found->path = std::move(path);
  return *std::move(found);
}

// A key on its way down: "a.b[0].c", as paths are printed.
class Descent {
 public:
  Descent(const Arena& arena, NodeId root, std::string_view key)
      : arena_(arena), node_(root), rest_(key) {}

  // False: there is no such member.
  bool Step() {
    bool moved = IsDict(arena_, node_) ? StepInDict() : StepToMember();
    if (moved && rest_.starts_with('.')) rest_.remove_prefix(1);
    return moved;
  }
  bool done() const { return rest_.empty(); }
  NodeId node() const { return node_; }
  Path TakePath() { return std::move(path_); }

 private:
  // A key that holds dots itself is tried whole first.
  bool StepInDict() {
    for (size_t end = rest_.size(); end != 0 && end != std::string_view::npos;
         end = rest_.find_last_of(".[", end - 1)) {
      NodeId found = arena_.Find(node_, rest_.substr(0, end));
      if (found != kNoNode) return Enter(std::string(rest_.substr(0, end)), end, found, false);
    }
    return StepToMember();
  }

  bool StepToMember() {
    size_t end = rest_.starts_with('[') ? rest_.find(']') + 1 : rest_.find_first_of(".[");
    std::string_view step = rest_.substr(0, end == 0 ? rest_.size() : end);
    for (const Member& member : MembersOf(arena_, node_)) {
      PathStep name = member.key == kNoNode ? PathStep(member.index) : StepOf(arena_, member.key);
      if (FormatPath({name}) != step) continue;
      return Enter(std::move(name), step.size(), member.value, member.submodule);
    }
    return false;
  }

  // The names of modules in modules grow with dots.
  bool Enter(PathStep step, size_t size, NodeId node, bool submodule) {
    if (submodule && in_module_) {
      std::get<std::string>(path_.back()) += "." + std::get<std::string>(step);
    } else {
      path_.push_back(std::move(step));
    }
    in_module_ = submodule;
    node_ = node;
    rest_.remove_prefix(size);
    return true;
  }

  const Arena& arena_;
  NodeId node_;
  std::string_view rest_;
  Path path_;
  bool in_module_ = false;
};

Result<StateDict> AtKey(const FileContents& contents, std::string_view key) {
  Descent descent(contents.arena, contents.root, key);
  while (!descent.done()) {
    if (descent.Step()) continue;
    return Error{ErrorCode::kNotFound,
                 fmt::format("{}: there is no {} in it", contents.file->name(), Quote(key, 80)),
                 "`zoo inspect` shows what the file holds"};
  }
  NodeId node = descent.node();
  return Wanted(contents, node, descent.TakePath(), key);
}

// What training keeps beside the weights may look like state dicts, but is none. Only the beginning
// of a name is searched: one of a megabyte may stand above any number of dicts.
bool IsTrainingState(const Path& path) {
  constexpr size_t kSearchedBytes = 256;
  constexpr std::string_view kWords[] = {"optim",     "sched", "scaler",
                                         "callbacks", "loops", "rng_state"};
  for (const PathStep& step : path) {
    auto* name = std::get_if<std::string>(&step);
    if (name == nullptr) continue;
    std::string_view searched = std::string_view(*name).substr(0, kSearchedBytes);
    for (std::string_view word : kWords) {
      if (searched.find(word) != std::string_view::npos) return true;
    }
  }
  auto* parent = path.size() < 2 ? nullptr : std::get_if<std::string>(&path[path.size() - 2]);
  return parent != nullptr && *parent == "state" && std::holds_alternative<int64_t>(path.back());
}

bool IsUsual(const Path& path) {
  auto* name = path.size() == 1 ? std::get_if<std::string>(&path[0]) : nullptr;
  return name != nullptr &&
         std::find(std::begin(kUsualKeys), std::end(kUsualKeys), *name) != std::end(kUsualKeys);
}

// Leaves only those that `better` is true of, if there are any.
template <typename Better>
void Prefer(std::vector<StateDict>& found, Better better) {
  if (std::none_of(found.begin(), found.end(), better)) return;
  std::erase_if(found, [&](const StateDict& one) { return !better(one); });
}

Error Several(const FileContents& contents, std::span<const StateDict> candidates) {
  std::string list;
  for (const StateDict& candidate :
       candidates.first(std::min(candidates.size(), kCandidatesShown))) {
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", FormatPath(candidate.path),
                        Count(candidate.tensors.size(), "tensor"));
  }
  if (candidates.size() > kCandidatesShown) list += ", ...";
  return {ErrorCode::kUsage,
          fmt::format("{}: several state dicts: {}", contents.file->name(), list),
          "say which with --key"};
}

// Every mapping of names to tensors, largest first.
Result<std::vector<StateDict>> MappingsIn(const FileContents& contents) {
  const Arena& arena = contents.arena;
  std::unordered_set<NodeId> inner;  // dicts and modules that are part of a module
  std::vector<StateDict> found;
  Budget budget(arena.limits());
  auto visit = [&](const Path& path, NodeId node, bool again) {
    if (again || inner.contains(node) || budget.spent()) return;
    auto parts = AsModule(arena, node);
    if (parts) {
      for (NodeId dict : {parts->state, parts->parameters, parts->buffers, parts->modules}) {
        if (dict != kNoNode) inner.insert(dict);
      }
      const std::vector<NodeId>& modules = arena.Items(parts->modules);
      for (size_t i = 0; i + 1 < modules.size(); i += 2) inner.insert(modules[i + 1]);
    }
    bool mapping = parts || IsDict(arena, node);
    if (!mapping || IsTrainingState(path)) return;
    auto candidate = OfNode(contents, node, budget);
    if (!candidate) return;
    budget.Take(PathBytes(path));
    candidate->path = path;
    found.push_back(*std::move(candidate));
  };
  ZOO_RETURN_IF_ERROR(Walk(arena, contents.root, {}, visit));
  if (budget.spent()) return budget.Spent(contents);
  std::stable_sort(found.begin(), found.end(), [](const StateDict& a, const StateDict& b) {
    return a.tensors.size() > b.tensors.size();
  });
  return found;
}

std::vector<StateDict> BestOf(std::vector<StateDict> found) {
  // A few tensors beside an epoch and a model do not make a state dict, if there is a better one.
  Prefer(found, [](const StateDict& one) {
    return one.tensors.size() + (one.path.empty() ? 1 : 0) > one.others;
  });
  Prefer(found, [](const StateDict& one) {
    return std::all_of(one.path.begin(), one.path.end(), [](const PathStep& step) {
      return std::holds_alternative<std::string>(step);
    });
  });
  if (!found.empty() && found[0].path.empty()) return {std::move(found[0])};
  Prefer(found, [](const StateDict& one) { return IsUsual(one.path); });
  Prefer(found,
         [](const StateDict& one) { return !one.path.empty() || one.tensors.size() > one.others; });
  return found;
}

}  // namespace

std::optional<StateDict> StateDictAt(const FileContents& contents, NodeId node) {
  Budget budget(contents.arena.limits());
  return OfNode(contents, node, budget);
}

std::vector<StateDict> StateDictsIn(const FileContents& contents) {
  auto found = MappingsIn(contents);
  return found ? BestOf(*std::move(found)) : std::vector<StateDict>();
}

Result<StateDict> FindStateDictIn(const FileContents& contents, std::string_view key) {
  if (!key.empty()) return AtKey(contents, key);
  if (IsDict(contents.arena, contents.root)) {
    auto root = OfDict(contents, contents.root);
    if (root && root->others == 0) return *std::move(root);
  }
  ZOO_ASSIGN_OR_RETURN(std::vector<StateDict> mappings, MappingsIn(contents));
  std::vector<StateDict> candidates = BestOf(std::move(mappings));
  if (candidates.size() == 1) return std::move(candidates[0]);
  if (!candidates.empty()) return Several(contents, candidates);
  return Error{ErrorCode::kNotFound,
               contents.file->name() + ": no mapping of names to tensors in it",
               "`zoo inspect` shows what the file holds"};
}

}  // namespace zoo
