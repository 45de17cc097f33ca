// GlobalRow: one name in the table of globals and what calling it makes. For globals.cc and the
// files that fill its table.
#ifndef ZOO_CHECKPOINT_GLOBAL_TABLE_H_
#define ZOO_CHECKPOINT_GLOBAL_TABLE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "zoo/base/result.h"
#include "zoo/checkpoint/arena.h"
#include "zoo/checkpoint/dtype.h"

namespace zoo {

// The arguments of one call: a copy, because the arena moves while nodes are added.
class Arguments {
 public:
  static constexpr size_t kMost = 16;

  Arguments(Arena& arena, const GlobalRow& row, NodeId callable, NodeId tuple);

  Arena& arena() const { return arena_; }
  const GlobalRow& row() const { return row_; }
  NodeId callable() const { return callable_; }
  NodeId tuple() const { return tuple_; }
  size_t size() const { return size_; }
  NodeId operator[](size_t i) const { return i < size_ ? ids_[i] : kNoNode; }
  NodeKind kind(size_t i) const { return i < size_ ? arena_.kind(ids_[i]) : NodeKind::kNone; }

  // kCorrupt: "FUNCTION: WHAT".
  Error Wrong(const std::string& what) const;
  // The argument if it is what it must be; the error names it: "its size is a float, not ...".
  Result<int64_t> Int(size_t i, std::string_view name) const;
  Result<DType> Type(size_t i, std::string_view name) const;
  Result<const TensorRow*> Tensor(size_t i, std::string_view name) const;
  // True, False, or None and missing for False.
  Result<bool> Flag(size_t i, std::string_view name) const;
  Error NotA(size_t i, std::string_view name, std::string_view wanted) const;

 private:
  Arena& arena_;
  const GlobalRow& row_;
  NodeId callable_, tuple_;
  size_t size_;
  NodeId ids_[kMost];
};

using Rebuild = Result<NodeId> (*)(const Arguments& arguments);
using Restate = Status (*)(Arena& arena, NodeId object, NodeId state);

enum class GlobalKind : uint8_t {
  kCall,         // `rebuild` says what calling it makes
  kDType,        // torch.float32: is a value itself
  kStorageType,  // torch.FloatStorage: names the dtype of a storage
};

struct GlobalRow {
  std::string_view module, name;
  GlobalKind kind = GlobalKind::kCall;
  Rebuild rebuild = nullptr;
  Restate restate = nullptr;  // what BUILD makes of the object, if not its state
  DType dtype = DType::kUint8;
  bool untyped = false;  // a storage type whose elements are bytes
};

// The parts of the table, by what they make.
std::span<const GlobalRow> TensorGlobals();
std::span<const GlobalRow> CompositeGlobals();
std::span<const GlobalRow> TypeGlobals();
std::span<const GlobalRow> NumpyGlobals();
std::span<const GlobalRow> PythonGlobals();

// The storage type that a node names, if it names one.
const GlobalRow* StorageType(const Arena& arena, NodeId node);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_GLOBAL_TABLE_H_
