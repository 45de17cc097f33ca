#include "zoo/checkpoint/globals.h"

#include <fmt/format.h>

#include <algorithm>

#include "zoo/checkpoint/global_table.h"

namespace zoo {
namespace {

// Pickles name each global once and then refer to it: no table is worth being built.
const GlobalRow* FindGlobal(std::string_view module, std::string_view name) {
  for (auto part :
       {TensorGlobals(), CompositeGlobals(), TypeGlobals(), NumpyGlobals(), PythonGlobals()}) {
    for (const GlobalRow& row : part) {
      if (row.name == name && row.module == module) return &row;
    }
  }
  return nullptr;
}

}  // namespace

Arguments::Arguments(Arena& arena, const GlobalRow& row, NodeId callable, NodeId tuple)
    : arena_(arena), row_(row), callable_(callable), tuple_(tuple), size_(0) {
  for (NodeId id : arena.Tuple(tuple).first(std::min<size_t>(kMost, arena.Tuple(tuple).size()))) {
    ids_[size_++] = id;
  }
}

Error Arguments::Wrong(const std::string& what) const {
  return {ErrorCode::kCorrupt, fmt::format("{}: {}", row_.name, what), ""};
}

Error Arguments::NotA(size_t i, std::string_view name, std::string_view wanted) const {
  if (i >= size_) return Wrong(fmt::format("its {} is missing", name));
  return Wrong(fmt::format("its {} is {}, not {}", name, NodeKindName(kind(i)), wanted));
}

Result<int64_t> Arguments::Int(size_t i, std::string_view name) const {
  if (kind(i) != NodeKind::kInt) return NotA(i, name, "an int of 64 bits");
  return arena_.at(ids_[i]).integer;
}

Result<DType> Arguments::Type(size_t i, std::string_view name) const {
  if (kind(i) != NodeKind::kDType) return NotA(i, name, "a dtype");
  auto dtype = DTypeFromName(arena_.text(ids_[i]));
  if (!dtype) return Wrong(fmt::format("the dtype {} is not read", arena_.text(ids_[i])));
  return *dtype;
}

Result<const TensorRow*> Arguments::Tensor(size_t i, std::string_view name) const {
  if (kind(i) != NodeKind::kTensor) return NotA(i, name, "a tensor");
  return &arena_.tensor(ids_[i]);
}

Result<bool> Arguments::Flag(size_t i, std::string_view name) const {
  if (kind(i) == NodeKind::kNone) return false;
  if (kind(i) != NodeKind::kBool && kind(i) != NodeKind::kInt) return NotA(i, name, "a bool");
  return arena_.at(ids_[i]).integer != 0;
}

const GlobalRow* StorageType(const Arena& arena, NodeId node) {
  if (node == kNoNode || arena.kind(node) != NodeKind::kClass) return nullptr;
  const GlobalRow* row = arena.class_row(node).known;
  return row != nullptr && row->kind == GlobalKind::kStorageType ? row : nullptr;
}

NodeId NameGlobal(Arena& arena, std::string_view module, std::string_view name) {
  const GlobalRow* known = FindGlobal(module, name);
  if (known != nullptr && known->kind == GlobalKind::kDType) {
    return arena.AddText(NodeKind::kDType, known->name);
  }
  NodeId id = arena.AddClass(module, name);
  arena.classes[arena.at(id).first].known = known;
  return id;
}

Result<NodeId> CallGlobal(Arena& arena, NodeId callable, NodeId arguments) {
  const GlobalRow* known =
      arena.kind(callable) == NodeKind::kClass ? arena.class_row(callable).known : nullptr;
  if (known == nullptr || known->rebuild == nullptr) return arena.AddObject(callable, arguments);
  return known->rebuild(Arguments(arena, *known, callable, arguments));
}

Status SetState(Arena& arena, NodeId target, NodeId state) {
  NodeKind kind = arena.kind(target);
  if (kind == NodeKind::kDict && arena.container(target).ordered) {
    arena.container(target).state = state;
    return {};
  }
  if (kind != NodeKind::kObject) {
    return Error{ErrorCode::kCorrupt, fmt::format("gives a state to {}", NodeKindName(kind)), ""};
  }
  ObjectRow& object = arena.object(target);
  if (object.state != kNoNode) {
    return Error{ErrorCode::kCorrupt, "gives a second state to an object", ""};
  }
  object.state = state;
  if (arena.kind(object.callable) != NodeKind::kClass) return {};
  const GlobalRow* known = arena.class_row(object.callable).known;
  if (known == nullptr || known->restate == nullptr) return {};
  return known->restate(arena, target, state);
}

}  // namespace zoo
