#include "zoo/checkpoint/walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "zoo/checkpoint/python_repr.h"

namespace zoo {
namespace {

constexpr size_t kKeyBytes = 200;

// A member of a container that is still to be visited: a key node or an index, and the value.
struct Member {
  NodeId key = kNoNode;
  int64_t index = 0;
  NodeId value = Arena::kNone;
};

// What has members: also a tensor with attributes.
bool HasMembers(const Arena& arena, NodeId node) {
  NodeKind kind = arena.kind(node);
  return kind == NodeKind::kList || kind == NodeKind::kTuple || kind == NodeKind::kDict ||
         kind == NodeKind::kObject ||
         (kind == NodeKind::kTensor && arena.tensor(node).state != kNoNode);
}

// Of a module's attributes: what says nothing beyond itself, like kernel_size (3, 3) or no hooks.
bool IsPlainAttribute(const Arena& arena, NodeId node) {
  constexpr size_t kPlainItems = 16;
  std::span<const NodeId> items;
  if (arena.kind(node) == NodeKind::kTensor || arena.kind(node) == NodeKind::kStorage) return false;
  if (arena.kind(node) == NodeKind::kDict) return arena.Items(node).empty();
  if (auto sequence = arena.Sequence(node)) items = *sequence;
  if (items.size() > kPlainItems) return false;
  return std::none_of(items.begin(), items.end(),
                      [&](NodeId item) {
                        return HasMembers(arena, item) || arena.kind(item) == NodeKind::kTensor ||
                               arena.kind(item) == NodeKind::kStorage;
                      }) &&
         arena.kind(node) != NodeKind::kObject;
}

bool IsDict(const Arena& arena, NodeId node) {
  return node != kNoNode && arena.kind(node) == NodeKind::kDict;
}

class Walker {
 public:
  Walker(const Arena& arena, const WalkOptions& options, const WalkVisit& visit)
      : arena_(arena), options_(options), visit_(visit), state_(arena.size(), 0) {}

  Status Run(NodeId root) {
    Enter(root, "", false);
    while (!open_.empty()) {
      if (open_.size() > arena_.limits().depth) {
        return Error{ErrorCode::kCorrupt,
                     fmt::format("containers are nested deeper than {}", arena_.limits().depth),
                     "raise the limit \"depth\" if the file is trusted"};
      }
      Frame& frame = open_.back();
      path_.resize(frame.base);
      if (frame.next == frame.members.size()) {
        state_[frame.node] = kSeen;
        open_.pop_back();
        continue;
      }
      Member member = frame.members[frame.next++];
      Step(frame, member);
    }
    return {};
  }

 private:
  static constexpr uint8_t kSeen = 1, kOpen = 2;

  struct Frame {
    NodeId node;
    size_t base;  // steps of the path to this container; for modules, to the outermost one
    std::vector<Member> members;
    size_t next = 0;
    bool module = false;
    std::string prefix;  // of a module's names: "layer1.0."
  };

  // A member's path: one step more, but inside modules names grow with dots.
  void Step(const Frame& frame, const Member& member) {
    bool submodule = frame.module && member.index < 0;
    if (member.key == kNoNode) {
      path_.emplace_back(member.index);
    } else if (frame.module && arena_.kind(member.key) == NodeKind::kString) {
      path_.emplace_back(frame.prefix + std::string(arena_.text(member.key)));
    } else {
      path_.push_back(StepOf(arena_, member.key));
    }
    std::string prefix;
    if (submodule) prefix = frame.prefix + std::string(arena_.text(member.key)) + ".";
    Enter(member.value, std::move(prefix), submodule);
  }

  void Enter(NodeId node, std::string prefix, bool submodule) {
    bool container = HasMembers(arena_, node);
    uint8_t state = state_[node];
    bool again =
        container && (state == kOpen || (state == kSeen && reentered_ >= options_.reentries));
    visit_(path_, node, again);
    if (!container || again) return;
    reentered_ += state == kSeen;
    Frame frame{.node = node, .base = path_.size()};
    if (auto parts = AsModule(arena_, node)) {
      frame.module = true;
      frame.base -= submodule;
      frame.prefix = std::move(prefix);
      AddModule(*parts, frame.members);
    } else {
      AddMembers(node, frame.members);
    }
    if (frame.members.empty()) {
      state_[node] = kSeen;
      return;
    }
    state_[node] = kOpen;
    open_.push_back(std::move(frame));
  }

  void AddEntries(std::span<const NodeId> entries, std::vector<Member>& members) const {
    for (size_t i = 0; i + 1 < entries.size(); i += 2) {
      members.push_back({.key = entries[i], .value = entries[i + 1]});
    }
  }
  void AddItems(std::span<const NodeId> items, std::vector<Member>& members) const {
    for (size_t i = 0; i < items.size(); ++i) {
      members.push_back({.index = static_cast<int64_t>(i), .value = items[i]});
    }
  }
  // An object's state is a dict of attributes; or, with slots, a pair of such dicts; or anything.
  void AddState(NodeId state, std::vector<Member>& members) const {
    if (IsDict(arena_, state)) return AddEntries(arena_.Items(state), members);
    auto pair = arena_.Sequence(state);
    if (pair && pair->size() == 2 && IsDict(arena_, (*pair)[1])) {
      for (NodeId part : *pair) {
        if (IsDict(arena_, part)) AddEntries(arena_.Items(part), members);
      }
      return;
    }
    AddItems(std::span(&state, 1), members);
  }
  void AddMembers(NodeId node, std::vector<Member>& members) const;
  void AddModule(const ModuleParts& parts, std::vector<Member>& members) const;

  const Arena& arena_;
  const WalkOptions& options_;
  const WalkVisit& visit_;
  std::vector<uint8_t> state_;
  std::vector<Frame> open_;
  Path path_;
  uint64_t reentered_ = 0;
};

void Walker::AddMembers(NodeId node, std::vector<Member>& members) const {
  switch (arena_.kind(node)) {
    case NodeKind::kDict:
      return AddEntries(arena_.Items(node), members);
    case NodeKind::kList:
      return AddItems(arena_.Items(node), members);
    case NodeKind::kTuple:
      return AddItems(arena_.Tuple(node), members);
    case NodeKind::kTensor:
      return AddState(arena_.tensor(node).state, members);
    default:
      break;
  }
  const ObjectRow& object = arena_.object(node);
  // What it was made by may have been made itself: it is reached as if it were an argument.
  if (arena_.kind(object.callable) == NodeKind::kObject) {
    AddItems(std::span(&object.callable, 1), members);
  }
  AddItems(arena_.Tuple(object.arguments), members);
  if (object.keywords != kNoNode) AddEntries(arena_.Items(object.keywords), members);
  if (object.state != kNoNode) AddState(object.state, members);
  AddItems(object.items, members);
  AddEntries(object.entries, members);
}

// In the order of state_dict(): parameters, buffers, modules; then plain attributes.
void Walker::AddModule(const ModuleParts& parts, std::vector<Member>& members) const {
  auto entries = [&](NodeId dict, bool module) {
    if (!IsDict(arena_, dict)) return;
    std::span<const NodeId> items = arena_.Items(dict);
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      if (arena_.kind(items[i + 1]) == NodeKind::kNone) continue;
      if (dict == parts.buffers && IsTransientBuffer(arena_, parts, items[i])) continue;
      bool named = arena_.kind(items[i]) == NodeKind::kString;
      members.push_back({items[i], module && named ? -1 : 0, items[i + 1]});
    }
  };
  entries(parts.parameters, false);
  entries(parts.buffers, false);
  entries(parts.modules, true);
  std::span<const NodeId> state = arena_.Items(parts.state);
  for (size_t i = 0; i + 1 < state.size(); i += 2) {
    bool part = state[i + 1] == parts.parameters || state[i + 1] == parts.buffers ||
                state[i + 1] == parts.modules;
    if (!part && !IsPlainAttribute(arena_, state[i + 1]))
      members.push_back({.key = state[i], .value = state[i + 1]});
  }
}

}  // namespace

PathStep StepOf(const Arena& arena, NodeId key) {
  if (arena.kind(key) == NodeKind::kString) return std::string(arena.text(key));
  if (arena.kind(key) == NodeKind::kInt) return arena.at(key).integer;
  return ReprKey{Repr(arena, key, kKeyBytes)};
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

bool IsTransientBuffer(const Arena& arena, const ModuleParts& parts, NodeId name) {
  NodeId set = arena.Find(parts.state, "_non_persistent_buffers_set");
  if (set == kNoNode || arena.kind(set) != NodeKind::kSet ||
      arena.kind(name) != NodeKind::kString) {
    return false;
  }
  for (NodeId item : arena.Items(set)) {
    if (arena.IsText(item, arena.text(name))) return true;
  }
  return false;
}

Status Walk(const Arena& arena, NodeId root, const WalkOptions& options, const WalkVisit& visit) {
  return Walker(arena, options, visit).Run(root);
}

}  // namespace zoo
