// Arena: what a pickle holds, as small nodes that refer to each other by number. Values that are
// shared in the file are one node here, so a file cannot make more of them than it has bytes for;
// nothing is copied, nothing is destroyed recursively. Text refers to the pickle's own bytes, which
// the arena keeps.
//
//   Arena arena(limits);
//   NodeId list = arena.AddContainer(NodeKind::kList);
//   arena.Items(list).push_back(arena.AddInt(3));
//
// Filled by one thread; afterwards any thread may read it.
#ifndef ZOO_CHECKPOINT_ARENA_H_
#define ZOO_CHECKPOINT_ARENA_H_

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/dtype.h"
#include "zoo/checkpoint/limits.h"

namespace zoo {

enum class NodeKind : uint8_t {
  kNone,
  kBool,         // integer: 0 or 1
  kInt,          // integer
  kBigInt,       // text: two's complement, little-endian; `detail` kDecimal: digits with a sign
  kFloat,        // real
  kComplex,      // first: index of two doubles in numbers
  kString,       // text: UTF-8, surrogates allowed; `detail` kPython2: its bytes may be anything's
  kBytes,        // text
  kByteArray,    // text
  kList,         // first: container
  kTuple,        // first: start in pool, count
  kDict,         // first: container: key, value, key, value ...
  kSet,          // first: container
  kFrozenSet,    // first: container
  kSlice,        // as a tuple: start, stop, step
  kRange,        // as a tuple
  kSize,         // as a tuple
  kDType,        // text: "float32"
  kDevice,       // text: "cuda:1"
  kTensor,       // first: index in tensors
  kStorage,      // first: index in storages; second: 1 + index in views, or 0
  kNdarray,      // first: index in arrays
  kNumpyScalar,  // first: index in arrays
  kClass,        // first: index in classes
  kObject,       // first: index in objects
};
std::string_view NodeKindName(NodeKind kind);  // with its article: "an int"

using NodeId = uint32_t;
inline constexpr NodeId kNoNode = UINT32_MAX;

struct Node {
  NodeKind kind = NodeKind::kNone;
  uint8_t detail = 0;
  uint16_t unused = 0;
  uint32_t count = 0;  // of bytes or items
  union {
    int64_t integer = 0;
    double real;
    const char* text;
    struct {
      uint32_t first, second;
    };
  };
};
static_assert(sizeof(Node) == 16);
inline constexpr uint8_t kDecimal = 1, kPython2 = 1;

// A list, dict or set.
struct Container {
  std::vector<NodeId> items;
  NodeId state = kNoNode;  // attributes of an OrderedDict
  bool ordered = false;    // an OrderedDict: may have attributes
};

struct GlobalRow;

struct ClassRow {
  std::string module, name;          // as Python 3 spells them
  std::string qualified;             // "module.name"
  const GlobalRow* known = nullptr;  // its row in the table of globals
};

// Something only a Python program could build.
struct ObjectRow {
  NodeId callable = kNoNode;  // a class or another object
  NodeId arguments = kNoNode;
  NodeId keywords = kNoNode;
  NodeId state = kNoNode;
  NodeId made_by = kNoNode;     // the function, where `callable` is the class that it makes
  std::vector<NodeId> items;    // appended to it
  std::vector<NodeId> entries;  // set on it: key, value, key, value ...
};

enum class TensorLayout : uint8_t {
  kStrided,
  kSparseCoo,
  kSparseCsr,
  kSparseCsc,
  kSparseBsr,
  kSparseBsc,
  kNested,
  kMeta
};

struct TensorRow {
  DType dtype = DType::kFloat32;
  TensorLayout layout = TensorLayout::kStrided;
  bool requires_grad = false, parameter = false, conj = false, neg = false, coalesced = false;
  uint8_t rank = 0;
  uint32_t storage = 0;
  int64_t offset = 0;
  uint32_t dims = 0;              // in dims: the shape, then the strides
  uint32_t quantization = 0;      // 1 + index, or 0
  std::array<NodeId, 4> parts{};  // of a composite
  uint8_t part_count = 0;
  NodeId type = kNoNode;   // the class that it is an instance of, where the file names one
  NodeId state = kNoNode;  // attributes of its own
};

struct QuantizationRow {
  std::string scheme;
  double scale = 1;
  int64_t zero_point = 0, axis = 0;
  std::vector<double> scales, zero_points;
  // Where they are tensors, read when the storages can be.
  NodeId scales_tensor = kNoNode, zero_points_tensor = kNoNode;
};

// A storage as the pickle names it. Where its bytes are the container knows.
struct StorageRow {
  std::string_view key;
  DType dtype = DType::kUint8;
  uint64_t elements = 0;  // of `dtype`
  std::string_view device;
  uint64_t nbytes() const { return elements * ItemSize(dtype); }
};

// A stretch of a storage that goes by a name of its own, in files from before 0.4.
struct StorageView {
  uint64_t offset = 0, elements = 0;
};

// A NumPy array or scalar: bytes and how to read them.
struct ArrayRow {
  std::string dtype;  // "<f4"
  std::vector<int64_t> shape;
  bool fortran = false;
  std::string_view bytes;
};

class Arena {
 public:
  explicit Arena(const Limits& limits);
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  // A pickle of so many bytes comes: room for what one usually makes, if there was none before.
  void Expect(size_t pickle_bytes);
  // Keeps bytes for as long as the arena lives.
  std::string_view Keep(std::string bytes);

  const Limits& limits() const { return limits_; }
  // Nodes and items so far, which limits().nodes bounds. Adding goes on past the limit: whoever
  // adds in a loop asks.
  uint64_t used() const { return nodes_.size() + items_; }
  bool exhausted() const { return used() > limits_.nodes; }
  void CountItems(uint64_t count) { items_ += count; }

  NodeId size() const { return static_cast<NodeId>(nodes_.size()); }
  const Node& at(NodeId id) const { return nodes_[id]; }
  Node& at(NodeId id) { return nodes_[id]; }
  NodeKind kind(NodeId id) const { return nodes_[id].kind; }

  NodeId Add(Node node);
  NodeId AddInt(int64_t value);
  NodeId AddBool(bool value) const { return value ? kTrue : kFalse; }
  NodeId AddFloat(double value);
  NodeId AddText(NodeKind kind, std::string_view text, uint8_t detail = 0);  // not copied
  NodeId AddComplex(double real, double imaginary);
  NodeId AddTuple(NodeKind kind, std::span<const NodeId> items);
  NodeId AddContainer(NodeKind kind);
  NodeId AddClass(std::string_view module, std::string_view name);  // the same node for the same
  NodeId AddObject(NodeId callable, NodeId arguments);
  NodeId AddTensor(const TensorRow& row);
  NodeId AddStorage(uint32_t storage, std::optional<StorageView> view);
  NodeId AddArray(NodeKind kind, ArrayRow row);

  std::string_view text(NodeId id) const { return {nodes_[id].text, nodes_[id].count}; }
  bool IsText(NodeId id, std::string_view text) const {
    return kind(id) == NodeKind::kString && this->text(id) == text;
  }
  std::span<const NodeId> Tuple(NodeId id) const {
    return std::span(pool).subspan(nodes_[id].first, nodes_[id].count);
  }
  bool IsTuple(NodeId id) const { return kind(id) == NodeKind::kTuple; }
  Container& container(NodeId id) { return containers[nodes_[id].first]; }
  const Container& container(NodeId id) const { return containers[nodes_[id].first]; }
  std::vector<NodeId>& Items(NodeId id) { return container(id).items; }
  const std::vector<NodeId>& Items(NodeId id) const { return container(id).items; }
  ObjectRow& object(NodeId id) { return objects[nodes_[id].first]; }
  const ObjectRow& object(NodeId id) const { return objects[nodes_[id].first]; }
  TensorRow& tensor(NodeId id) { return tensors[nodes_[id].first]; }
  const TensorRow& tensor(NodeId id) const { return tensors[nodes_[id].first]; }
  const ClassRow& class_row(NodeId id) const { return classes[nodes_[id].first]; }
  bool IsClass(NodeId id, std::string_view module, std::string_view name) const;
  // "collections.OrderedDict" of a class; of an object, that of what made it.
  std::string_view ClassName(NodeId id) const;
  // The members of a list or tuple; nothing if it is neither.
  std::optional<std::span<const NodeId>> Sequence(NodeId id) const;
  // The value of a string key in a dict, the last one set; kNoNode if there is none.
  NodeId Find(NodeId dict, std::string_view key) const;

  static constexpr NodeId kNone = 0, kFalse = 1, kTrue = 2, kEmptyTuple = 3;

  std::vector<NodeId> pool;
  std::vector<std::array<double, 2>> numbers;
  std::vector<Container> containers;
  std::deque<ClassRow> classes;  // views of names stay valid
  std::vector<ObjectRow> objects;
  std::vector<TensorRow> tensors;
  std::vector<int64_t> dims;
  std::vector<QuantizationRow> quantizations;
  std::vector<StorageRow> storages;
  std::vector<StorageView> views;
  std::vector<ArrayRow> arrays;

 private:
  static constexpr NodeId kSmallInts = 4;  // 0 to 255 are made once

  Limits limits_;
  std::vector<Node> nodes_;
  uint64_t items_ = 0;
  std::deque<std::string> kept_;
  std::unordered_map<std::string, NodeId> class_nodes_;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_ARENA_H_
