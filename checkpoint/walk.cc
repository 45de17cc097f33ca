#include "zoo/checkpoint/walk.h"

#include <fmt/format.h>

#include <utility>

#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/python_repr.h"

namespace zoo {
namespace {

constexpr size_t kKeyBytes = 200;

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
      if (name_bytes_ > arena_.limits().listing) {
        return Error{ErrorCode::kCorrupt,
                     fmt::format("the names in its modules take more than {} bytes",
                                 arena_.limits().listing),
                     RaiseLimit("listing")};
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
  static constexpr uint64_t kStepBytes = 16;

  struct Frame {
    NodeId node;
    size_t base;  // steps of the path to this container; for modules, to the outermost one
    std::vector<Member> members;
    size_t next = 0;
    bool module = false;
    bool repeated = false;  // seen before, as all that is in it
    std::string prefix;     // of a module's names: "layer1.0."
  };

  // A member's path: one step more, but inside modules names grow with dots.
  void Step(const Frame& frame, const Member& member) {
    bool submodule = frame.module && member.submodule;
    if (member.key == kNoNode) {
      path_.emplace_back(member.index);
    } else if (frame.module && arena_.kind(member.key) == NodeKind::kString) {
      path_.emplace_back(frame.prefix + std::string(arena_.text(member.key)));
    } else {
      path_.push_back(StepOf(arena_, member.key));
    }
    std::string prefix;
    if (submodule) prefix = frame.prefix + std::string(arena_.text(member.key)) + ".";
    if (frame.repeated) {
      repeated_ += path_.size() + frame.prefix.size() / kStepBytes;
    } else {
      name_bytes_ += frame.prefix.size();
    }
    Enter(member.value, std::move(prefix), submodule);
  }

  void Enter(NodeId node, std::string prefix, bool submodule) {
    bool container = HasMembers(arena_, node);
    uint8_t state = state_[node];
    bool spent = repeated_ >= options_.repeated_steps || open_.size() >= arena_.limits().depth;
    bool again = container && (state == kOpen || (state == kSeen && spent));
    visit_(path_, node, again);
    if (!container || again) return;
    Frame frame{.node = node,
                .base = path_.size(),
                .members = MembersOf(arena_, node),
                .repeated = state == kSeen};
    if (AsModule(arena_, node)) {
      frame.module = true;
      frame.base -= submodule;
      frame.prefix = std::move(prefix);
    }
    if (frame.members.empty()) {
      state_[node] = kSeen;
      return;
    }
    state_[node] = kOpen;
    open_.push_back(std::move(frame));
  }

  const Arena& arena_;
  const WalkOptions& options_;
  const WalkVisit& visit_;
  std::vector<uint8_t> state_;
  std::vector<Frame> open_;
  Path path_;
  uint64_t repeated_ = 0, name_bytes_ = 0;
};

}  // namespace

PathStep StepOf(const Arena& arena, NodeId key) {
  if (arena.kind(key) == NodeKind::kString) return std::string(arena.text(key));
  if (arena.kind(key) == NodeKind::kInt) return arena.at(key).integer;
  return ReprKey{Repr(arena, key, kKeyBytes)};
}

Status Walk(const Arena& arena, NodeId root, const WalkOptions& options, const WalkVisit& visit) {
  return Walker(arena, options, visit).Run(root);
}

}  // namespace zoo
