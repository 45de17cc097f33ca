// NumPy's arrays and scalars: bytes with a dtype like "<f4". Object arrays stay objects.
#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/global_table.h"
#include "zoo/checkpoint/pickle_text.h"

namespace zoo {
namespace {

struct NumpyType {
  std::string text;  // "<f4", "|u1"
  uint64_t item_size = 0;
};

// "f4", or with its byte order before it.
std::optional<NumpyType> ParseType(std::string_view code, char order) {
  if (!code.empty() && std::string_view("<>|=").find(code[0]) != std::string_view::npos) {
    order = code[0];
    code.remove_prefix(1);
  }
  if (code.size() < 2 || std::string_view("biufcSU").find(code[0]) == std::string_view::npos) {
    return std::nullopt;
  }
  uint64_t size = 0;
  const char* end = code.data() + code.size();
  auto [rest, status] = std::from_chars(code.data() + 1, end, size);
  if (status != std::errc() || rest != end || size > (uint64_t{1} << 32)) return std::nullopt;
  if (code[0] == 'U') size *= 4;
  if (order == '=') order = '<';
  if (size == 1 || code[0] == 'S') order = '|';
  return NumpyType{order + std::string(code), size};
}

// A numpy.dtype object: made from its code, its byte order in its state (3, '<', ...).
std::optional<NumpyType> TypeOf(const Arena& arena, NodeId id) {
  if (id == kNoNode || arena.kind(id) != NodeKind::kObject) return std::nullopt;
  const ObjectRow& object = arena.object(id);
  if (!arena.IsClass(object.callable, "numpy", "dtype")) return std::nullopt;
  auto arguments = arena.Tuple(object.arguments);
  if (arguments.empty() || arena.kind(arguments[0]) != NodeKind::kString) return std::nullopt;
  char order = '<';
  if (object.state != kNoNode) {
    auto state = arena.Sequence(object.state);
    if (!state || state->size() < 2 || arena.kind((*state)[1]) != NodeKind::kString ||
        arena.text((*state)[1]).size() != 1) {
      return std::nullopt;
    }
    order = arena.text((*state)[1])[0];
  }
  return ParseType(arena.text(arguments[0]), order);
}

// Bytes as Python 2 or 3 wrote them.
std::optional<std::string_view> BytesOf(Arena& arena, NodeId id) {
  if (id == kNoNode) return std::nullopt;
  NodeKind kind = arena.kind(id);
  bool python2 = kind == NodeKind::kString && arena.at(id).detail == kPython2;
  if (kind != NodeKind::kBytes && kind != NodeKind::kByteArray && !python2) return std::nullopt;
  return arena.text(id);
}

Error Wrong(std::string what) {
  return {ErrorCode::kCorrupt, "a NumPy array: " + std::move(what), ""};
}

Result<std::vector<int64_t>> ShapeOf(const Arena& arena, NodeId id) {
  auto sizes = id == kNoNode ? std::nullopt : arena.Sequence(id);
  if (!sizes) return Wrong("its shape is not a tuple");
  if (sizes->size() > arena.limits().rank) {
    return Wrong(fmt::format("{} dimensions, the limit is {}", sizes->size(), arena.limits().rank));
  }
  std::vector<int64_t> shape;
  for (NodeId size : *sizes) {
    if (arena.kind(size) != NodeKind::kInt || arena.at(size).integer < 0) {
      return Wrong("a dimension is not a whole number");
    }
    shape.push_back(arena.at(size).integer);
  }
  return shape;
}

Result<ArrayRow> MakeRow(const Arena& arena, const NumpyType& type, NodeId shape,
                         std::string_view bytes) {
  ArrayRow row{.dtype = type.text, .bytes = bytes};
  ZOO_ASSIGN_OR_RETURN(row.shape, ShapeOf(arena, shape));
  std::optional<uint64_t> size = type.item_size;
  for (int64_t dimension : row.shape) {
    if (size) size = CheckedMultiply(*size, static_cast<uint64_t>(dimension));
  }
  if (!size || *size != bytes.size()) {
    return Wrong(fmt::format("it has {} bytes, its shape and dtype {} ask for {}", bytes.size(),
                             row.dtype, size ? fmt::to_string(*size) : "more than 2^64"));
  }
  return row;
}

// _reconstruct makes an empty array; the state (version, shape, dtype, fortran, bytes) fills it.
Status FillArray(Arena& arena, NodeId object, NodeId state) {
  auto parts = arena.Sequence(state);
  if (!parts || parts->size() < 5) return {};
  std::vector<NodeId> at(parts->end() - 4, parts->end());
  auto type = TypeOf(arena, at[1]);
  auto bytes = BytesOf(arena, at[3]);
  if (!type || !bytes) return {};
  ZOO_ASSIGN_OR_RETURN(ArrayRow row, MakeRow(arena, *type, at[0], *bytes));
  row.fortran = arena.kind(at[2]) == NodeKind::kBool && arena.at(at[2]).integer != 0;
  NodeId made = arena.AddArray(NodeKind::kNdarray, std::move(row));
  arena.at(object) = arena.at(made);
  return {};
}

// _frombuffer(bytes, dtype, shape, order), of protocol 5.
Result<NodeId> FromBuffer(const Arguments& in) {
  Arena& arena = in.arena();
  auto bytes = BytesOf(arena, in[0]);
  auto type = TypeOf(arena, in[1]);
  if (!bytes || !type || in.size() < 4) return arena.AddObject(in.callable(), in.tuple());
  ZOO_ASSIGN_OR_RETURN(ArrayRow row, MakeRow(arena, *type, in[2], *bytes));
  row.fortran = arena.IsText(in[3], "F");
  return arena.AddArray(NodeKind::kNdarray, std::move(row));
}

Result<NodeId> MakeScalar(const Arguments& in) {
  Arena& arena = in.arena();
  auto type = TypeOf(arena, in[0]);
  auto bytes = BytesOf(arena, in[1]);
  if (!type || !bytes) return arena.AddObject(in.callable(), in.tuple());
  ZOO_ASSIGN_OR_RETURN(ArrayRow row, MakeRow(arena, *type, Arena::kEmptyTuple, *bytes));
  return arena.AddArray(NodeKind::kNumpyScalar, std::move(row));
}

constexpr GlobalKind kCall = GlobalKind::kCall;
constexpr GlobalRow kTable[] = {
    {"numpy.core.multiarray", "_reconstruct", kCall, nullptr, FillArray},
    {"numpy._core.multiarray", "_reconstruct", kCall, nullptr, FillArray},
    {"numpy.core.multiarray", "scalar", kCall, MakeScalar},
    {"numpy._core.multiarray", "scalar", kCall, MakeScalar},
    {"numpy.core.numeric", "_frombuffer", kCall, FromBuffer},
    {"numpy._core.numeric", "_frombuffer", kCall, FromBuffer},
};

}  // namespace

std::span<const GlobalRow> NumpyGlobals() { return kTable; }

}  // namespace zoo
