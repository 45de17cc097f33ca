#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/contents.h"
#include "zoo/checkpoint/python_repr.h"
#include "zoo/checkpoint/walk.h"

namespace zoo {
namespace {

// In the order of NodeKind.
constexpr Value::Kind kKinds[] = {
    Value::Kind::kNone,    Value::Kind::kBool,        Value::Kind::kInt,
    Value::Kind::kInt,     Value::Kind::kFloat,       Value::Kind::kComplex,
    Value::Kind::kString,  Value::Kind::kBytes,       Value::Kind::kByteArray,
    Value::Kind::kList,    Value::Kind::kTuple,       Value::Kind::kDict,
    Value::Kind::kSet,     Value::Kind::kFrozenSet,   Value::Kind::kSlice,
    Value::Kind::kRange,   Value::Kind::kSize,        Value::Kind::kDType,
    Value::Kind::kDevice,  Value::Kind::kTensor,      Value::Kind::kStorage,
    Value::Kind::kNdarray, Value::Kind::kNumpyScalar, Value::Kind::kClass,
    Value::Kind::kObject,
};

// The items of a list-like node: a dict's keys and values alternate.
std::span<const NodeId> ItemsOf(const Arena& arena, NodeId node) {
  switch (arena.kind(node)) {
    case NodeKind::kTuple:
    case NodeKind::kSlice:
    case NodeKind::kRange:
    case NodeKind::kSize:
      return arena.Tuple(node);
    case NodeKind::kList:
    case NodeKind::kDict:
    case NodeKind::kSet:
    case NodeKind::kFrozenSet:
      return arena.Items(node);
    default:
      return {};
  }
}

}  // namespace

const Arena& Value::arena() const { return owner_->contents().arena; }

Value::Kind Value::kind() const {
  if (AsModule(arena(), node_)) return Kind::kModule;
  return kKinds[static_cast<size_t>(arena().kind(node_))];
}

uint64_t Value::id() const { return node_; }
bool Value::AsBool() const { return arena().at(node_).integer != 0; }

std::optional<int64_t> Value::AsInt() const {
  if (arena().kind(node_) != NodeKind::kInt) return std::nullopt;
  return arena().at(node_).integer;
}

std::string Value::IntText() const { return IntDigits(arena(), node_); }

double Value::AsFloat() const {
  return arena().kind(node_) == NodeKind::kFloat ? arena().at(node_).real : 0;
}

std::pair<double, double> Value::AsComplex() const {
  if (arena().kind(node_) != NodeKind::kComplex) return {};
  auto [real, imaginary] = arena().numbers[arena().at(node_).first];
  return {real, imaginary};
}

std::string_view Value::text() const {
  switch (arena().kind(node_)) {
    case NodeKind::kString:
    case NodeKind::kBytes:
    case NodeKind::kByteArray:
    case NodeKind::kDType:
    case NodeKind::kDevice:
      return arena().text(node_);
    default:
      return {};
  }
}

uint32_t Value::tensor() const { return owner_->contents().tensor_index[arena().at(node_).first]; }

uint32_t Value::storage() const { return arena().at(node_).first; }

Value::Array Value::array() const {
  const ArrayRow& row = arena().arrays[arena().at(node_).first];
  return {row.dtype, row.shape, row.fortran, AsBytes(row.bytes)};
}

std::string_view Value::class_name() const { return arena().ClassName(node_); }

std::string_view Value::made_by() const {
  if (arena().kind(node_) != NodeKind::kObject) return {};
  NodeId function = arena().object(node_).made_by;
  return function == kNoNode ? std::string_view() : arena().ClassName(function);
}

size_t Value::size() const {
  size_t count = ItemsOf(arena(), node_).size();
  return arena().kind(node_) == NodeKind::kDict ? count / 2 : count;
}

Value Value::item(size_t i) const {
  std::span<const NodeId> items = ItemsOf(arena(), node_);
  return Value(owner_, arena().kind(node_) == NodeKind::kDict ? items[2 * i + 1] : items[i]);
}

Value Value::key(size_t i) const { return Value(owner_, ItemsOf(arena(), node_)[2 * i]); }

std::vector<Value::Member> Value::members() const {
  std::vector<Member> out;
  for (const zoo::Member& member : MembersOf(arena(), node_)) {
    PathStep step = member.key == kNoNode ? PathStep(member.index) : StepOf(arena(), member.key);
    out.push_back({std::move(step), Value(owner_, member.value), member.submodule});
  }
  return out;
}

std::optional<Value> Value::Find(std::string_view key) const {
  NodeId dict = node_;
  if (arena().kind(node_) == NodeKind::kObject) dict = arena().object(node_).state;
  if (dict == kNoNode || arena().kind(dict) != NodeKind::kDict) return std::nullopt;
  NodeId found = arena().Find(dict, key);
  if (found == kNoNode) return std::nullopt;
  return Value(owner_, found);
}

bool Value::ordered() const {
  return arena().kind(node_) == NodeKind::kDict && arena().container(node_).ordered;
}

std::optional<Value> Value::arguments() const {
  if (arena().kind(node_) != NodeKind::kObject) return std::nullopt;
  return Value(owner_, arena().object(node_).arguments);
}

std::optional<Value> Value::state() const {
  NodeId state = kNoNode;
  if (arena().kind(node_) == NodeKind::kObject) state = arena().object(node_).state;
  if (arena().kind(node_) == NodeKind::kDict) state = arena().container(node_).state;
  if (arena().kind(node_) == NodeKind::kTensor) state = arena().tensor(node_).state;
  if (state == kNoNode) return std::nullopt;
  return Value(owner_, state);
}

std::string Value::Repr(size_t max_bytes) const { return zoo::Repr(arena(), node_, max_bytes); }

}  // namespace zoo
