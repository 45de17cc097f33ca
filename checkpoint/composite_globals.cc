// Tensors that are more than one run of numbers: quantized, sparse, nested; and meta, which have
// none.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/checkpoint/global_table.h"
#include "zoo/checkpoint/tensor_place.h"

namespace zoo {
namespace {

Result<double> Real(const Arguments& in, NodeId id, std::string_view name) {
  const Node& node = in.arena().at(id);
  if (node.kind == NodeKind::kFloat) return node.real;
  if (node.kind == NodeKind::kInt) return static_cast<double>(node.integer);
  return in.Wrong(fmt::format("its {} is {}, not a number", name, NodeKindName(node.kind)));
}

// Scales or zero points of the channels: a list, or a tensor that is read later.
Status PerChannel(const Arguments& in, NodeId id, std::string_view name, int64_t channels,
                  std::vector<double>& values, NodeId& tensor) {
  Arena& arena = in.arena();
  int64_t count = 0;
  if (arena.kind(id) == NodeKind::kTensor) {
    const TensorRow& row = arena.tensor(id);
    if (row.rank != 1 || row.layout != TensorLayout::kStrided) {
      return in.Wrong(fmt::format("its {} are not a tensor of one dimension", name));
    }
    count = arena.dims[row.dims];
    tensor = id;
  } else if (auto list = arena.Sequence(id)) {
    count = static_cast<int64_t>(list->size());
    if (count == channels) values.reserve(list->size());
    for (size_t i = 0; count == channels && i < list->size(); ++i) {
      ZOO_ASSIGN_OR_RETURN(double value, Real(in, (*list)[i], name));
      values.push_back(value);
    }
  } else {
    return in.Wrong(
        fmt::format("its {} are {}, not a tensor or list", name, NodeKindName(arena.kind(id))));
  }
  if (count != channels) {
    return in.Wrong(fmt::format("{} {} for {} channels", count, name, channels));
  }
  // Each tensor has them for itself, also those of one list in the file.
  arena.CountItems(static_cast<uint64_t>(count));
  return {};
}

Result<QuantizationRow> ReadQuantization(const Arguments& in, const TensorRow& row) {
  Arena& arena = in.arena();
  auto parts = in.size() > 4 ? arena.Sequence(in[4]) : std::nullopt;
  if (!parts || parts->size() < 3) return in.NotA(4, "quantizer", "a tuple of three or more");
  std::vector<NodeId> at(parts->begin(), parts->end());
  if (arena.kind(at[0]) != NodeKind::kClass) return in.Wrong("its quantizer names no scheme");
  QuantizationRow quantization{.scheme = arena.class_row(at[0]).name};
  if (quantization.scheme == "per_tensor_affine") {
    ZOO_ASSIGN_OR_RETURN(quantization.scale, Real(in, at[1], "scale"));
    if (arena.kind(at[2]) != NodeKind::kInt) return in.Wrong("its zero point is not an int");
    quantization.zero_point = arena.at(at[2]).integer;
    return quantization;
  }
  if (quantization.scheme != "per_channel_affine" &&
      quantization.scheme != "per_channel_affine_float_qparams") {
    return in.Wrong("the scheme " + Quote(quantization.scheme, 80) + " is not read");
  }
  if (at.size() < 4 || arena.kind(at[3]) != NodeKind::kInt || arena.at(at[3]).integer < 0 ||
      arena.at(at[3]).integer >= row.rank) {
    return in.Wrong("its axis is not one of the tensor's");
  }
  quantization.axis = arena.at(at[3]).integer;
  int64_t channels = arena.dims[row.dims + static_cast<uint64_t>(quantization.axis)];
  ZOO_RETURN_IF_ERROR(
      PerChannel(in, at[1], "scales", channels, quantization.scales, quantization.scales_tensor));
  ZOO_RETURN_IF_ERROR(PerChannel(in, at[2], "zero points", channels, quantization.zero_points,
                                 quantization.zero_points_tensor));
  return quantization;
}

Result<NodeId> RebuildQuantized(const Arguments& in) {
  ZOO_ASSIGN_OR_RETURN(TensorRow row, PlaceTensor(in, std::nullopt));
  ZOO_ASSIGN_OR_RETURN(QuantizationRow quantization, ReadQuantization(in, row));
  ZOO_ASSIGN_OR_RETURN(row.requires_grad, in.Flag(5, "requires_grad"));
  in.arena().quantizations.push_back(std::move(quantization));
  row.quantization = static_cast<uint32_t>(in.arena().quantizations.size());
  return in.arena().AddTensor(row);
}

struct LayoutRow {
  std::string_view name;
  TensorLayout layout;
  uint8_t parts;  // tensors before the size
};
constexpr LayoutRow kLayouts[] = {
    {"sparse_coo", TensorLayout::kSparseCoo, 2}, {"sparse_csr", TensorLayout::kSparseCsr, 3},
    {"sparse_csc", TensorLayout::kSparseCsc, 3}, {"sparse_bsr", TensorLayout::kSparseBsr, 3},
    {"sparse_bsc", TensorLayout::kSparseBsc, 3},
};

// A composite's parts become its own; its dtype is that of the one that holds the values.
Status TakeParts(const Arguments& in, std::span<const NodeId> parts, size_t values,
                 TensorRow& row) {
  for (NodeId part : parts) {
    if (in.arena().kind(part) != NodeKind::kTensor) {
      return in.Wrong(
          fmt::format("a part of it is {}, not a tensor", NodeKindName(in.arena().kind(part))));
    }
    if (in.arena().tensor(part).layout != TensorLayout::kStrided) {
      return in.Wrong("a part of it is not a strided tensor");
    }
    row.parts[row.part_count++] = part;
  }
  row.dtype = in.arena().tensor(parts[values]).dtype;
  return {};
}

std::span<const int64_t> ShapeOf(const Arena& arena, NodeId tensor) {
  const TensorRow& row = arena.tensor(tensor);
  return std::span(arena.dims).subspan(row.dims, row.rank);
}

bool IsIndexType(DType dtype) { return dtype == DType::kInt64 || dtype == DType::kInt32; }

// indices [sparse dimensions, n], values [n, dense dimensions ...].
bool FitsCoo(const Arena& arena, const TensorRow& row) {
  auto shape = std::span(arena.dims).subspan(row.dims, row.rank);
  auto indices = ShapeOf(arena, row.parts[0]), values = ShapeOf(arena, row.parts[1]);
  if (arena.tensor(row.parts[0]).dtype != DType::kInt64) return false;
  if (indices.size() != 2 || values.empty() || values[0] != indices[1]) return false;
  auto dense = values.subspan(1);
  if (indices[0] != static_cast<int64_t>(shape.size()) - static_cast<int64_t>(dense.size())) {
    return false;
  }
  return std::equal(dense.begin(), dense.end(), shape.end() - std::ssize(dense));
}

// compressed indices [batch ..., rows + 1], plain indices [batch ..., n], values [batch ..., n,
// block ..., dense ...], where the rows of blocked layouts are blocks.
bool FitsCompressed(const Arena& arena, const TensorRow& row, const LayoutRow& layout) {
  auto shape = std::span(arena.dims).subspan(row.dims, row.rank);
  auto compressed = ShapeOf(arena, row.parts[0]), plain = ShapeOf(arena, row.parts[1]);
  auto values = ShapeOf(arena, row.parts[2]);
  if (!IsIndexType(arena.tensor(row.parts[0]).dtype) ||
      !IsIndexType(arena.tensor(row.parts[1]).dtype)) {
    return false;
  }
  size_t batch = plain.size() - 1;
  if (plain.empty() || compressed.size() != plain.size() || shape.size() < batch + 2) return false;
  bool blocked = layout.name.starts_with("sparse_b");
  if (values.size() < plain.size() + (blocked ? 2 : 0)) return false;
  if (!std::equal(plain.begin(), plain.end(), values.begin()) ||
      !std::equal(plain.begin(), plain.end() - 1, compressed.begin()) ||
      !std::equal(plain.begin(), plain.end() - 1, shape.begin())) {
    return false;
  }
  bool by_rows = layout.name.ends_with("r");
  int64_t lines = shape[batch + (by_rows ? 0 : 1)];
  int64_t block = blocked ? values[plain.size() + (by_rows ? 0 : 1)] : 1;
  return block > 0 && lines % block == 0 && compressed[batch] == lines / block + 1;
}

// _rebuild_sparse_tensor(layout, (indices, values, size, coalesced)), or with two rows of indices.
Result<NodeId> RebuildSparse(const Arguments& in) {
  Arena& arena = in.arena();
  if (in.kind(0) != NodeKind::kClass) return in.NotA(0, "layout", "a layout");
  const LayoutRow* layout = nullptr;
  for (const LayoutRow& row : kLayouts) {
    if (arena.class_row(in[0]).name == row.name) layout = &row;
  }
  if (layout == nullptr) {
    return in.Wrong("the layout " + Quote(arena.class_row(in[0]).name, 80) + " is not read");
  }
  auto given = in.size() > 1 ? arena.Sequence(in[1]) : std::nullopt;
  if (!given || given->size() < layout->parts + 1u) {
    return in.NotA(1, "data", fmt::format("a tuple of {} or more", layout->parts + 1));
  }
  NodeId data = arena.AddTuple(NodeKind::kTuple, std::vector<NodeId>(given->begin(), given->end()));
  Arguments parts(arena, in.row(), in.callable(), data);
  TensorRow row{.layout = layout->layout};
  std::array<NodeId, 3> tensors{parts[0], parts[1], parts[2]};
  ZOO_RETURN_IF_ERROR(
      TakeParts(in, std::span(tensors).first(layout->parts), layout->parts - 1u, row));
  row.dims = static_cast<uint32_t>(arena.dims.size());
  ZOO_ASSIGN_OR_RETURN(row.rank, AddDims(parts, layout->parts, "size"));
  arena.dims.resize(arena.dims.size() + row.rank, 0);
  ZOO_RETURN_IF_ERROR(ExtentOf(in, row));
  bool coo = layout->layout == TensorLayout::kSparseCoo;
  if (coo ? !FitsCoo(arena, row) : !FitsCompressed(arena, row, *layout)) {
    return in.Wrong("its indices, values and size do not fit each other");
  }
  if (coo) {
    ZOO_ASSIGN_OR_RETURN(row.coalesced, parts.Flag(3, "coalesced"));
  }
  return arena.AddTensor(row);
}

// _rebuild_nested_tensor(buffer, sizes, strides, offsets)
Result<NodeId> RebuildNested(const Arguments& in) {
  if (in.size() < 4) return in.Wrong(fmt::format("{} arguments instead of 4", in.size()));
  TensorRow row{.layout = TensorLayout::kNested};
  row.dims = static_cast<uint32_t>(in.arena().dims.size());
  std::array<NodeId, 4> parts{in[0], in[1], in[2], in[3]};
  ZOO_RETURN_IF_ERROR(TakeParts(in, parts, 0, row));
  return in.arena().AddTensor(row);
}

// _rebuild_meta_tensor_no_storage(dtype, size, stride, requires_grad)
Result<NodeId> RebuildMeta(const Arguments& in) {
  TensorRow row{.layout = TensorLayout::kMeta};
  ZOO_ASSIGN_OR_RETURN(row.dtype, in.Type(0, "dtype"));
  ZOO_RETURN_IF_ERROR(AddShapeAndStride(in, 1, 2, row));
  ZOO_RETURN_IF_ERROR(ExtentOf(in, row));
  ZOO_ASSIGN_OR_RETURN(row.requires_grad, in.Flag(3, "requires_grad"));
  return in.arena().AddTensor(row);
}

constexpr GlobalKind kCall = GlobalKind::kCall;
constexpr GlobalRow kTable[] = {
    {"torch._utils", "_rebuild_qtensor", kCall, RebuildQuantized},
    {"torch._utils", "_rebuild_sparse_tensor", kCall, RebuildSparse},
    {"torch._utils", "_rebuild_sparse_csr_tensor", kCall, RebuildSparse},
    {"torch._utils", "_rebuild_nested_tensor", kCall, RebuildNested},
    {"torch._utils", "_rebuild_meta_tensor_no_storage", kCall, RebuildMeta},
};

}  // namespace

std::span<const GlobalRow> CompositeGlobals() { return kTable; }

}  // namespace zoo
