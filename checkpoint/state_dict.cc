#include "zoo/checkpoint/state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "zoo/base/text.h"
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
  // `steps` counts modules and tensors over several runs, against the limit "paths".
  Flattener(const FileContents& contents, uint64_t& steps)
      : contents_(contents), arena_(contents.arena), steps_(steps) {}

  std::optional<StateDict> Run(NodeId module) {
    Enter(module, "");
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.next == top.children.size() || steps_ > arena_.limits().paths) {
        inside_.erase(top.node);
        open_.pop_back();
        continue;
      }
      auto [name, child] = top.children[top.next++];
      Enter(child, top.prefix + name + ".");
    }
    if (found_.tensors.empty()) return std::nullopt;
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
    ++steps_;
    open_.push_back(std::move(open));
  }

  void AddTensors(NodeId dict, const ModuleParts& parts, const std::string& prefix) {
    const std::vector<NodeId>& items = arena_.Items(dict);
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      if (arena_.kind(items[i]) != NodeKind::kString ||
          arena_.kind(items[i + 1]) != NodeKind::kTensor) {
        continue;
      }
      if (dict == parts.buffers && IsTransientBuffer(arena_, parts, items[i])) continue;
      ++steps_;
      found_.tensors.push_back({prefix + std::string(arena_.text(items[i])),
                                contents_.tensor_index[arena_.at(items[i + 1]).first]});
    }
  }

  const FileContents& contents_;
  const Arena& arena_;
  StateDict found_;
  std::vector<Open> open_;
  std::unordered_set<NodeId> inside_;
  uint64_t& steps_;
};

std::optional<StateDict> OfNode(const FileContents& contents, NodeId node, uint64_t& steps) {
  if (IsDict(contents.arena, node)) return OfDict(contents, node);
  if (AsModule(contents.arena, node)) return Flattener(contents, steps).Run(node);
  return std::nullopt;
}

Result<StateDict> Wanted(const FileContents& contents, NodeId node, Path path,
                         std::string_view key) {
  uint64_t steps = 0;
  auto found = OfNode(contents, node, steps);
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

// "a.b" steps down; a key that holds dots itself is tried whole first.
Result<StateDict> AtKey(const FileContents& contents, std::string_view key) {
  const Arena& arena = contents.arena;
  NodeId node = contents.root;
  Path path;
  std::string_view rest = key;
  while (!rest.empty()) {
    NodeId next = kNoNode;
    std::string_view step = rest;
    while (IsDict(arena, node)) {
      next = arena.Find(node, step);
      size_t dot = next == kNoNode ? step.rfind('.') : std::string_view::npos;
      if (dot == std::string_view::npos) break;
      step = step.substr(0, dot);
    }
    if (next == kNoNode) {
      return Error{ErrorCode::kNotFound,
                   fmt::format("{}: there is no {} in it", contents.file->name(), Quote(key, 80)),
                   "`zoo inspect` shows what the file holds"};
    }
    path.emplace_back(std::string(step));
    rest.remove_prefix(std::min(rest.size(), step.size() + 1));
    node = next;
  }
  return Wanted(contents, node, std::move(path), key);
}

// An optimizer's state looks like state dicts, but is none.
bool IsOptimizer(const Path& path) {
  for (const PathStep& step : path) {
    auto* name = std::get_if<std::string>(&step);
    if (name != nullptr && name->find("optim") != std::string::npos) return true;
  }
  auto* parent = path.size() < 2 ? nullptr : std::get_if<std::string>(&path[path.size() - 2]);
  return parent != nullptr && *parent == "state" && std::holds_alternative<int64_t>(path.back());
}

bool IsUsual(const Path& path) {
  auto* name = path.size() == 1 ? std::get_if<std::string>(&path[0]) : nullptr;
  return name != nullptr &&
         std::find(std::begin(kUsualKeys), std::end(kUsualKeys), *name) != std::end(kUsualKeys);
}

Error Several(const FileContents& contents, std::span<const StateDict> candidates) {
  std::string list;
  for (const StateDict& candidate :
       candidates.first(std::min(candidates.size(), kCandidatesShown))) {
    list += fmt::format("{}{} ({} tensors)", list.empty() ? "" : ", ", FormatPath(candidate.path),
                        candidate.tensors.size());
  }
  if (candidates.size() > kCandidatesShown) list += ", ...";
  return {ErrorCode::kUsage,
          fmt::format("{}: several state dicts: {}", contents.file->name(), list),
          "say which with --key"};
}

}  // namespace

std::optional<StateDict> StateDictAt(const FileContents& contents, NodeId node) {
  uint64_t steps = 0;
  return OfNode(contents, node, steps);
}

std::vector<StateDict> StateDictsIn(const FileContents& contents) {
  const Arena& arena = contents.arena;
  std::unordered_set<NodeId> inner;  // dicts and modules that are part of a module
  std::vector<StateDict> found;
  uint64_t steps = 0;
  auto visit = [&](const Path& path, NodeId node, bool again) {
    if (again || inner.contains(node)) return;
    if (auto parts = AsModule(arena, node)) {
      for (NodeId dict : {parts->state, parts->parameters, parts->buffers, parts->modules}) {
        if (dict != kNoNode) inner.insert(dict);
      }
      const std::vector<NodeId>& modules = arena.Items(parts->modules);
      for (size_t i = 0; i + 1 < modules.size(); i += 2) inner.insert(modules[i + 1]);
    }
    auto candidate = IsOptimizer(path) ? std::nullopt : OfNode(contents, node, steps);
    if (!candidate) return;
    candidate->path = path;
    found.push_back(*std::move(candidate));
  };
  // The depth was checked when the file was opened.
  if (Status walked = Walk(arena, contents.root, {}, visit); !walked) return {};
  std::stable_sort(found.begin(), found.end(), [](const StateDict& a, const StateDict& b) {
    return a.tensors.size() > b.tensors.size();
  });
  return found;
}

Result<StateDict> FindStateDictIn(const FileContents& contents, std::string_view key) {
  if (!key.empty()) return AtKey(contents, key);
  uint64_t steps = 0;
  auto root = OfNode(contents, contents.root, steps);
  // A few tensors beside an epoch and a model do not make the whole file a state dict.
  if (root && root->tensors.size() >= root->others) return *std::move(root);
  std::vector<StateDict> candidates = StateDictsIn(contents);
  std::vector<StateDict> usual;
  for (const StateDict& candidate : candidates) {
    if (IsUsual(candidate.path)) usual.push_back(candidate);
  }
  if (usual.size() == 1) return usual[0];
  if (!usual.empty()) return Several(contents, usual);
  if (candidates.size() == 1) return candidates[0];
  if (!candidates.empty()) return Several(contents, candidates);
  return Error{ErrorCode::kNotFound,
               contents.file->name() + ": no mapping of names to tensors in it",
               "`zoo inspect` shows what the file holds"};
}

}  // namespace zoo
