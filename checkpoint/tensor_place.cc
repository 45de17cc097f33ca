#include "zoo/checkpoint/tensor_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>

#include "zoo/base/text.h"
#include "zoo/checkpoint/limits.h"

namespace zoo {
namespace {

std::string DimsText(std::span<const int64_t> dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

// Items from the tensor's first to its last. Where several elements share one, PyTorch counts the
// offset in items, and the elements are read as if they lay in a row.
Wide ItemsOf(DType dtype, const Extent& extent) {
  const auto per_item = static_cast<Wide>(ElementsPerItem(dtype));
  if (per_item == 1) return extent.last + 1;
  return (std::max(extent.elements, extent.last + 1) + per_item - 1) / per_item;
}

}  // namespace

// The tuple's whole numbers, added to the arena's dims. `from` and the rank say where.
Result<uint8_t> AddDims(const Arguments& in, size_t i, std::string_view name) {
  Arena& arena = in.arena();
  auto values = i < in.size() ? arena.Sequence(in[i]) : std::nullopt;
  if (!values) return in.NotA(i, name, "a tuple");
  if (values->size() > arena.limits().rank || values->size() > UINT8_MAX) {
    Error error = in.Wrong(fmt::format("its {} has {} dimensions, the limit is {}", name,
                                       values->size(), arena.limits().rank));
    error.hint = RaiseLimit("rank");
    return error;
  }
  for (NodeId id : *values) {
    const Node& node = arena.at(id);
    if (node.kind != NodeKind::kInt) {
      return in.Wrong(
          fmt::format("its {} holds {}, not an int of 64 bits", name, NodeKindName(node.kind)));
    }
    if (node.integer < 0) {
      return in.Wrong(fmt::format("its {} holds {}, which is negative", name, node.integer));
    }
    arena.dims.push_back(node.integer);
  }
  return static_cast<uint8_t>(values->size());
}

Status AddShapeAndStride(const Arguments& in, size_t shape, size_t stride, TensorRow& row) {
  row.dims = static_cast<uint32_t>(in.arena().dims.size());
  ZOO_ASSIGN_OR_RETURN(row.rank, AddDims(in, shape, "size"));
  ZOO_ASSIGN_OR_RETURN(uint8_t strides, AddDims(in, stride, "stride"));
  if (strides != row.rank) {
    return in.Wrong(fmt::format("its size has {} dimensions, its stride {}", row.rank, strides));
  }
  return {};
}

Result<Extent> ExtentOf(const Arguments& in, const TensorRow& row) {
  auto dims = std::span(in.arena().dims).subspan(row.dims);
  Extent extent;
  for (uint8_t i = 0; i < row.rank; ++i) {
    if (dims[i] == 0) return Extent{0, 0};
  }
  // A product of two numbers below 2^63 fits 128 bits, and each step stays below 2^63.
  constexpr Wide kMost = Wide{1} << 62;
  for (uint8_t i = 0; i < row.rank; ++i) {
    extent.elements *= static_cast<Wide>(dims[i]);
    extent.last += static_cast<Wide>(dims[i] - 1) * static_cast<Wide>(dims[row.rank + i]);
    if (extent.elements * ItemSize(row.dtype) > kMost || extent.last > kMost) {
      return in.Wrong(fmt::format("a size of {} with strides of {} overflows",
                                  DimsText(dims.first(row.rank)),
                                  DimsText(dims.subspan(row.rank, row.rank))));
    }
  }
  return extent;
}

// Storage, offset, size and stride are the first four arguments of every strided tensor.
Result<TensorRow> PlaceTensor(const Arguments& in, std::optional<DType> dtype) {
  Arena& arena = in.arena();
  if (in.kind(0) != NodeKind::kStorage) return in.NotA(0, "storage", "a storage");
  const Node& node = arena.at(in[0]);
  const StorageRow& storage = arena.storages[node.first];
  TensorRow row{.dtype = dtype.value_or(storage.dtype), .storage = node.first};
  ZOO_ASSIGN_OR_RETURN(row.offset, in.Int(1, "storage offset"));
  if (row.offset < 0) {
    return in.Wrong(fmt::format("its storage offset is {}, which is negative", row.offset));
  }
  ZOO_RETURN_IF_ERROR(AddShapeAndStride(in, 2, 3, row));
  ZOO_ASSIGN_OR_RETURN(Extent extent, ExtentOf(in, row));
  Wide room = storage.nbytes() / ItemSize(row.dtype);
  Wide start = static_cast<Wide>(row.offset);
  if (node.second != 0) {
    const StorageView& view = arena.views[node.second - 1];
    uint64_t item = ItemSize(storage.dtype), from = view.offset * item;
    room = Wide{view.elements} * item / ItemSize(row.dtype);
    if (from % ItemSize(row.dtype) != 0) {
      return in.Wrong(fmt::format("its view begins at byte {}, inside an element of {}", from,
                                  DTypeName(row.dtype)));
    }
    if (__builtin_add_overflow(row.offset, static_cast<int64_t>(from / ItemSize(row.dtype)),
                               &row.offset)) {
      return in.Wrong("its storage offset overflows");
    }
  }
  const Wide needed = start + ItemsOf(row.dtype, extent);
  if (extent.elements != 0 && needed > room) {
    auto dims = std::span(arena.dims).subspan(row.dims);
    return in.Wrong(
        fmt::format("size {} with stride {} from offset {} needs {} {}, storage {} has {}",
                    DimsText(dims.first(row.rank)), DimsText(dims.subspan(row.rank, row.rank)),
                    static_cast<uint64_t>(start), static_cast<uint64_t>(needed),
                    ElementsPerItem(row.dtype) > 1 ? "items" : "elements", Quote(storage.key, 80),
                    static_cast<uint64_t>(room)));
  }
  return row;
}

}  // namespace zoo
