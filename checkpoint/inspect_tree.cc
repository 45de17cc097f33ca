#include "zoo/checkpoint/inspect_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/printable.h"
#include "zoo/checkpoint/tensor_remarks.h"
#include "zoo/checkpoint/value_json.h"

namespace zoo {
namespace {

using Kind = Value::Kind;

constexpr size_t kValueBytes = 100, kAttributeBytes = 40, kShortList = 60, kDepth = 64;

bool IsSequence(const Value& value) {
  return value.kind() == Kind::kList || value.kind() == Kind::kTuple;
}

bool IsEmpty(const Value& value) {
  return (IsSequence(value) || value.kind() == Kind::kDict) && value.size() == 0;
}

// (0.9, 0.999) is told in its own line.
bool IsShort(const Value& value) {
  return IsEmpty(value) ||
         (IsSequence(value) && IsPlain(value) && value.Repr(kShortList).size() <= kShortList);
}

std::string ShortClass(std::string_view name) {
  constexpr std::string_view kTorch = "torch.nn.modules.";
  if (name.starts_with(kTorch)) name.remove_prefix(name.rfind('.') + 1);
  return Escape(name, 200);
}

// "Conv2d(in_channels=3, kernel_size=(3, 3))"
std::string ModuleText(const Value& module) {
  std::string attributes;
  std::optional<Value> state = module.state();
  for (size_t i = 0; state && i < state->size(); ++i) {
    Value key = state->key(i), item = state->item(i);
    if (key.kind() != Kind::kString || key.text().starts_with('_') || !IsPlain(item)) continue;
    if (item.kind() == Kind::kNone) continue;
    if (key.text() == "training" && item.AsBool()) continue;
    attributes += fmt::format("{}{}={}", attributes.empty() ? "" : ", ", Escape(key.text(), 80),
                              PrintableRepr(item, kAttributeBytes));
  }
  return fmt::format("{}({})", ShortClass(module.class_name()), attributes);
}

std::string Label(const PathStep& step) {
  if (auto* name = std::get_if<std::string>(&step)) return Escape(*name, 500);
  if (auto* index = std::get_if<int64_t>(&step)) return fmt::format("[{}]", *index);
  return "[" + Escape(std::get<ReprKey>(step).repr) + "]";
}

class Tree {
 public:
  Tree(const Checkpoint& checkpoint, const TreeOptions& options)
      : checkpoint_(checkpoint), options_(options), remarks_(checkpoint) {
    auto found = checkpoint.FindStateDict(options.key);
    if (found) state_dict_ = std::move(found->path);
  }

  std::vector<std::string> Run() {
    lines_.emplace_back();
    Enter({{}, checkpoint_.root()}, {}, "", "");
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.next < top.shown) {
        Step(top);
        continue;
      }
      if (size_t rest = top.members.size() - top.shown; rest > 0) {
        lines_.push_back(fmt::format("{}└─ ... {} more; --all shows them", top.indent, rest));
      }
      open_.pop_back();
    }
    return std::move(lines_);
  }

 private:
  // A value on the way to its last member.
  struct Open {
    std::vector<Value::Member> members;
    size_t next = 0, shown = 0;
    std::string indent;  // of its members' lines
    Path path;           // to it; of a module: to the outermost one that it is part of
    bool module = false;
    std::string prefix;  // of a module's names
  };

  void Step(Open& top);
  // Ends the line that was begun, and opens what has members. `prefix`: of a module's names.
  void Enter(const Value::Member& member, Path path, std::string prefix, std::string indent);
  std::string Describe(const Value& value, const Path& path) const;
  size_t Shown(const std::vector<Value::Member>& members) const;

  const Checkpoint& checkpoint_;
  const TreeOptions& options_;
  TensorRemarks remarks_;
  std::optional<Path> state_dict_;
  std::unordered_map<uint64_t, Path> seen_;  // what has members, where it stands first
  std::vector<Open> open_;
  std::vector<std::string> lines_;
};

void Tree::Step(Open& top) {
  const Value::Member member = top.members[top.next++];
  const bool last = top.next == top.members.size();
  Path path = top.path;
  std::string prefix;
  auto* name = std::get_if<std::string>(&member.step);
  if (top.module && name != nullptr) {
    path.emplace_back(top.prefix + *name);
    if (member.submodule) prefix = top.prefix + *name + ".";
  } else {
    path.push_back(member.step);
  }
  lines_.push_back(fmt::format("{}{}{}", top.indent, last ? "└─ " : "├─ ", Label(member.step)));
  Enter(member, std::move(path), std::move(prefix), top.indent + (last ? "   " : "│  "));
}

void Tree::Enter(const Value::Member& member, Path path, std::string prefix, std::string indent) {
  const Value& value = member.value;
  std::vector<Value::Member> members;
  if (!IsShort(value)) members = value.members();
  lines_.back() += Describe(value, path);
  if (members.empty()) return;
  if (auto [first, fresh] = seen_.emplace(value.id(), path); !fresh) {
    if (value.kind() == Kind::kTensor) return;
    std::string where = first->second.empty() ? "the file" : FormatPath(first->second);
    lines_.back() += ", as " + where;
    return;
  }
  if (open_.size() == kDepth) {
    lines_.back() += fmt::format(", {} inside, too deep to show", members.size());
    return;
  }
  Open open{.members = std::move(members), .indent = std::move(indent), .path = std::move(path)};
  open.shown = Shown(open.members);
  open.module = value.kind() == Kind::kModule;
  if (open.module && member.submodule) open.path.pop_back();
  if (open.module) open.prefix = std::move(prefix);
  open_.push_back(std::move(open));
}

size_t Tree::Shown(const std::vector<Value::Member>& members) const {
  bool named = std::holds_alternative<std::string>(members[0].step);
  return std::min(members.size(), named ? options_.most_names : options_.most_items);
}

// What follows the label.
std::string Tree::Describe(const Value& value, const Path& path) const {
  std::string mark = state_dict_ == path ? "  <- the state dict" : "";
  std::string colon = path.empty() ? "" : ": ";
  switch (value.kind()) {
    case Kind::kTensor: {
      const TensorInfo& tensor = checkpoint_.tensors()[value.tensor()];
      std::string remarks = remarks_.Of(path, tensor);
      return fmt::format("{}{} [{}]{}{}", colon, DTypeName(tensor.dtype),
                         fmt::join(tensor.shape, ", "), remarks.empty() ? "" : ", ", remarks);
    }
    case Kind::kDict:
    case Kind::kList:
    case Kind::kTuple: {
      if (IsShort(value)) break;
      std::string_view kind = value.kind() == Kind::kDict   ? "dict"
                              : value.kind() == Kind::kList ? "list"
                                                            : "tuple";
      return fmt::format("{}{} of {}{}", colon, kind, value.size(), mark);
    }
    case Kind::kModule:
      return fmt::format("{}{}{}", colon, ModuleText(value), mark);
    case Kind::kObject:
      return fmt::format("{}{} object", colon, Escape(value.class_name(), 200));
    case Kind::kClass:
      return fmt::format("{}the name {}", colon, Escape(value.class_name(), 200));
    default:
      break;
  }
  return (path.empty() ? "" : " = ") + PrintableRepr(value, kValueBytes);
}

}  // namespace

std::vector<std::string> InspectAsTree(const Checkpoint& checkpoint, const TreeOptions& options) {
  return Tree(checkpoint, options).Run();
}

bool HoldsModules(const Checkpoint& checkpoint) {
  bool found = false;
  checkpoint.Walk([&](const Path&, const Value& value, bool) {
    found = found || value.kind() == Value::Kind::kModule;
  });
  return found;
}

}  // namespace zoo
