#include "zoo/checkpoint/members.h"

#include <algorithm>
#include <span>

namespace zoo {
namespace {

bool IsScalar(NodeKind kind) {
  return kind <= NodeKind::kFloat || kind == NodeKind::kString || kind == NodeKind::kDType ||
         kind == NodeKind::kDevice;
}

// Of a module's attributes: what says nothing beyond itself, like kernel_size (3, 3) or no hooks.
bool IsPlainAttribute(const Arena& arena, NodeId node) {
  constexpr size_t kPlainItems = 16;
  NodeKind kind = arena.kind(node);
  if (IsScalar(kind)) return true;
  if (kind == NodeKind::kDict || kind == NodeKind::kSet) return arena.Items(node).empty();
  auto items = arena.Sequence(node);
  if (!items || items->size() > kPlainItems) return false;
  return std::all_of(items->begin(), items->end(),
                     [&](NodeId item) { return IsScalar(arena.kind(item)); });
}

bool IsDict(const Arena& arena, NodeId node) {
  return node != kNoNode && arena.kind(node) == NodeKind::kDict;
}

void AddEntries(std::span<const NodeId> entries, std::vector<Member>& members) {
  members.reserve(members.size() + entries.size() / 2);
  for (size_t i = 0; i + 1 < entries.size(); i += 2) {
    members.push_back({.key = entries[i], .value = entries[i + 1]});
  }
}

void AddItems(std::span<const NodeId> items, std::vector<Member>& members) {
  members.reserve(members.size() + items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    members.push_back({.index = static_cast<int64_t>(i), .value = items[i]});
  }
}

// An object's state is a dict of attributes; or, with slots, a pair of such dicts; or anything.
void AddState(const Arena& arena, NodeId state, std::vector<Member>& members) {
  if (IsDict(arena, state)) return AddEntries(arena.Items(state), members);
  auto pair = arena.Sequence(state);
  if (pair && pair->size() == 2 && IsDict(arena, (*pair)[1])) {
    for (NodeId part : *pair) {
      if (IsDict(arena, part)) AddEntries(arena.Items(part), members);
    }
    return;
  }
  AddItems(std::span(&state, 1), members);
}

void AddMembers(const Arena& arena, NodeId node, std::vector<Member>& members) {
  switch (arena.kind(node)) {
    case NodeKind::kDict:
      return AddEntries(arena.Items(node), members);
    case NodeKind::kList:
      return AddItems(arena.Items(node), members);
    case NodeKind::kTuple:
      return AddItems(arena.Tuple(node), members);
    case NodeKind::kTensor:
      return AddState(arena, arena.tensor(node).state, members);
    default:
      break;
  }
  const ObjectRow& object = arena.object(node);
  // What it was made by may have been made itself: it is reached as if it were an argument.
  if (arena.kind(object.callable) == NodeKind::kObject) {
    AddItems(std::span(&object.callable, 1), members);
  }
  AddItems(arena.Tuple(object.arguments), members);
  if (object.keywords != kNoNode) AddEntries(arena.Items(object.keywords), members);
  if (object.state != kNoNode) AddState(arena, object.state, members);
  AddItems(object.items, members);
  AddEntries(object.entries, members);
}

// In the order of state_dict(): parameters, buffers, modules; then plain attributes.
void AddModule(const Arena& arena, const ModuleParts& parts, std::vector<Member>& members) {
  const auto transient = TransientBuffers(arena, parts);
  auto entries = [&](NodeId dict, bool module) {
    if (!IsDict(arena, dict)) return;
    std::span<const NodeId> items = arena.Items(dict);
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      if (arena.kind(items[i + 1]) == NodeKind::kNone) continue;
      bool named = arena.kind(items[i]) == NodeKind::kString;
      if (dict == parts.buffers && named && transient.contains(arena.text(items[i]))) continue;
      members.push_back({.key = items[i], .value = items[i + 1], .submodule = module && named});
    }
  };
  entries(parts.parameters, false);
  entries(parts.buffers, false);
  entries(parts.modules, true);
  std::span<const NodeId> state = arena.Items(parts.state);
  for (size_t i = 0; i + 1 < state.size(); i += 2) {
    bool part = state[i + 1] == parts.parameters || state[i + 1] == parts.buffers ||
                state[i + 1] == parts.modules ||
                arena.IsText(state[i], "_non_persistent_buffers_set");
    if (!part && !IsPlainAttribute(arena, state[i + 1]))
      members.push_back({.key = state[i], .value = state[i + 1]});
  }
}

}  // namespace

// What has members: also a tensor with attributes.
bool HasMembers(const Arena& arena, NodeId node) {
  NodeKind kind = arena.kind(node);
  return kind == NodeKind::kList || kind == NodeKind::kTuple || kind == NodeKind::kDict ||
         kind == NodeKind::kObject ||
         (kind == NodeKind::kTensor && arena.tensor(node).state != kNoNode);
}

std::vector<Member> MembersOf(const Arena& arena, NodeId node) {
  std::vector<Member> members;
  if (auto parts = AsModule(arena, node)) {
    AddModule(arena, *parts, members);
  } else if (HasMembers(arena, node)) {
    AddMembers(arena, node, members);
  }
  return members;
}

std::optional<ModuleParts> AsModule(const Arena& arena, NodeId node) {
  if (arena.kind(node) != NodeKind::kObject) return std::nullopt;
  NodeId state = arena.object(node).state;
  if (!IsDict(arena, state)) return std::nullopt;
  ModuleParts parts{state, arena.Find(state, "_parameters"), arena.Find(state, "_buffers"),
                    arena.Find(state, "_modules")};
  if (!IsDict(arena, parts.parameters) || !IsDict(arena, parts.modules)) return std::nullopt;
  return parts;
}

std::unordered_set<std::string_view> TransientBuffers(const Arena& arena,
                                                      const ModuleParts& parts) {
  std::unordered_set<std::string_view> names;
  NodeId set = arena.Find(parts.state, "_non_persistent_buffers_set");
  if (set == kNoNode || arena.kind(set) != NodeKind::kSet) return names;
  for (NodeId item : arena.Items(set)) {
    if (arena.kind(item) == NodeKind::kString) names.insert(arena.text(item));
  }
  return names;
}

}  // namespace zoo
