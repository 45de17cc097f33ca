// PyTorch's rebuild functions, storage types and dtypes. A tensor is made only if it lies inside
// its storage; nothing later checks it again.
#include <fmt/format.h>

#include <array>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/checkpoint/global_table.h"

namespace zoo {
namespace {

using Wide = unsigned __int128;

std::string DimsText(std::span<const int64_t> dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

// The tuple's whole numbers, added to the arena's dims. `from` and the rank say where.
Result<uint8_t> AddDims(const Arguments& in, size_t i, std::string_view name) {
  Arena& arena = in.arena();
  auto values = i < in.size() ? arena.Sequence(in[i]) : std::nullopt;
  if (!values) return in.NotA(i, name, "a tuple");
  if (values->size() > arena.limits().rank || values->size() > UINT8_MAX) {
    return in.Wrong(fmt::format("its {} has {} dimensions, the limit is {}", name, values->size(),
                                arena.limits().rank));
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

// Elements of the tensor and, if there are any, the highest index that a view from 0 touches.
struct Extent {
  Wide elements = 1, last = 0;
};

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
    room = view.elements;
    if (__builtin_add_overflow(row.offset, static_cast<int64_t>(view.offset), &row.offset)) {
      return in.Wrong("its storage offset overflows");
    }
  }
  room *= static_cast<Wide>(ElementsPerItem(row.dtype));
  if (extent.elements != 0 && start + extent.last >= room) {
    auto dims = std::span(arena.dims).subspan(row.dims);
    return in.Wrong(
        fmt::format("size {} with stride {} from offset {} needs {} elements, storage {} has {}",
                    DimsText(dims.first(row.rank)), DimsText(dims.subspan(row.rank, row.rank)),
                    static_cast<uint64_t>(start), static_cast<uint64_t>(start + extent.last + 1),
                    Quote(storage.key, 80), static_cast<uint64_t>(room)));
  }
  return row;
}

// {"conj": True, "neg": True}, None or missing.
Status ApplyMetadata(const Arguments& in, size_t i, TensorRow& row) {
  if (in.kind(i) == NodeKind::kNone) return {};
  if (in.kind(i) != NodeKind::kDict) return in.NotA(i, "metadata", "a dict");
  struct Bit {
    std::string_view name;
    bool TensorRow::*field;
  };
  static constexpr Bit kBits[] = {{"conj", &TensorRow::conj}, {"neg", &TensorRow::neg}};
  for (const Bit& bit : kBits) {
    row.*bit.field = in.arena().Find(in[i], bit.name) == Arena::kTrue;
  }
  return {};
}

Result<NodeId> RebuildTensor(const Arguments& in) {
  ZOO_ASSIGN_OR_RETURN(TensorRow row, PlaceTensor(in, std::nullopt));
  return in.arena().AddTensor(row);
}

Result<NodeId> RebuildTensorV2(const Arguments& in) {
  ZOO_ASSIGN_OR_RETURN(TensorRow row, PlaceTensor(in, std::nullopt));
  ZOO_ASSIGN_OR_RETURN(row.requires_grad, in.Flag(4, "requires_grad"));
  ZOO_RETURN_IF_ERROR(ApplyMetadata(in, 6, row));
  return in.arena().AddTensor(row);
}

Result<NodeId> RebuildTensorV3(const Arguments& in) {
  ZOO_ASSIGN_OR_RETURN(DType dtype, in.Type(6, "dtype"));
  ZOO_ASSIGN_OR_RETURN(TensorRow row, PlaceTensor(in, dtype));
  ZOO_ASSIGN_OR_RETURN(row.requires_grad, in.Flag(4, "requires_grad"));
  ZOO_RETURN_IF_ERROR(ApplyMetadata(in, 7, row));
  return in.arena().AddTensor(row);
}

Result<NodeId> RebuildParameter(const Arguments& in) {
  ZOO_ASSIGN_OR_RETURN(const TensorRow* data, in.Tensor(0, "data"));
  TensorRow row = *data;
  row.parameter = true;
  ZOO_ASSIGN_OR_RETURN(row.requires_grad, in.Flag(1, "requires_grad"));
  return in.arena().AddTensor(row);
}

bool IsParameterClass(const Arena& arena, NodeId id) {
  return arena.IsClass(id, "torch.nn.parameter", "Parameter") ||
         arena.IsClass(id, "torch.nn", "Parameter");
}

// A tensor of a class of its own: what the inner function makes, with the class remembered.
Result<NodeId> RebuildFromType(const Arguments& in) {
  Arena& arena = in.arena();
  if (in.kind(0) != NodeKind::kClass) return in.NotA(0, "function", "a function");
  if (in.kind(2) != NodeKind::kTuple) return in.NotA(2, "arguments", "a tuple");
  const GlobalRow* inner = arena.class_row(in[0]).known;
  if (inner == nullptr || inner->rebuild == nullptr) {
    return arena.AddObject(in.callable(), in.tuple());
  }
  if (inner->rebuild == RebuildFromType) return in.Wrong("its function is itself");
  ZOO_ASSIGN_OR_RETURN(NodeId made, inner->rebuild(Arguments(arena, *inner, in[0], in[2])));
  if (arena.kind(made) != NodeKind::kTensor) return made;
  TensorRow row = arena.tensor(made);
  row.type = in[1];
  row.parameter = row.parameter || IsParameterClass(arena, in[1]);
  return arena.AddTensor(row);
}

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
    for (NodeId item : *list) {
      ZOO_ASSIGN_OR_RETURN(double value, Real(in, item, name));
      values.push_back(value);
    }
  } else {
    return in.Wrong(
        fmt::format("its {} are {}, not a tensor or list", name, NodeKindName(arena.kind(id))));
  }
  if (count != channels) {
    return in.Wrong(fmt::format("{} {} for {} channels", count, name, channels));
  }
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
  if (!quantization.scheme.starts_with("per_channel_affine")) {
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
  if (layout->layout == TensorLayout::kSparseCoo) {
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

// torch.Size((1, 2))
Result<NodeId> MakeSize(const Arguments& in) {
  Arena& arena = in.arena();
  if (in.size() == 0) return arena.AddTuple(NodeKind::kSize, {});
  auto values = arena.Sequence(in[0]);
  if (!values) return in.NotA(0, "value", "a tuple");
  for (NodeId id : *values) {
    if (arena.kind(id) != NodeKind::kInt) {
      return in.Wrong(fmt::format("it holds {}, not an int", NodeKindName(arena.kind(id))));
    }
  }
  return arena.AddTuple(NodeKind::kSize, std::vector<NodeId>(values->begin(), values->end()));
}

// torch.device("cuda", 1)
Result<NodeId> MakeDevice(const Arguments& in) {
  Arena& arena = in.arena();
  if (in.kind(0) != NodeKind::kString) return in.NotA(0, "type", "a string");
  std::string_view type = arena.text(in[0]);
  if (in.size() < 2) return arena.AddText(NodeKind::kDevice, type);
  ZOO_ASSIGN_OR_RETURN(int64_t index, in.Int(1, "index"));
  return arena.AddText(NodeKind::kDevice, arena.Keep(fmt::format("{}:{}", type, index)));
}

// torch.serialization._get_layout("torch.sparse_coo")
Result<NodeId> MakeLayout(const Arguments& in) {
  if (in.kind(0) != NodeKind::kString) return in.NotA(0, "name", "a string");
  std::string_view name = in.arena().text(in[0]);
  if (name.starts_with("torch.")) name.remove_prefix(6);
  return in.arena().AddClass("torch", name);
}

Status MakeInPlace(Arena& arena, NodeId object, const TensorRow& row) {
  NodeId made = arena.AddTensor(row);
  arena.at(object) = arena.at(made);
  return {};
}

// The states of tensors from before 0.4: (storage, offset, size, stride) of a tensor, (data, grad,
// hooks, requires_grad, volatile) and (requires_grad, volatile, hooks) of a variable.
Status RestoreOldTensor(Arena& arena, NodeId object, NodeId state) {
  static constexpr GlobalRow kName{"torch", "Tensor.__setstate__"};
  auto given = arena.Sequence(state);
  if (!given) return {};
  bool parameter = IsParameterClass(arena, arena.object(object).callable);
  NodeId made_with = arena.object(object).arguments;
  NodeId tuple =
      arena.AddTuple(NodeKind::kTuple, std::vector<NodeId>(given->begin(), given->end()));
  Arguments in(arena, kName, object, tuple);
  if (in.size() == 4) {
    ZOO_ASSIGN_OR_RETURN(TensorRow row, PlaceTensor(in, std::nullopt));
    return MakeInPlace(arena, object, row);
  }
  NodeId data = in.size() == 5 ? in[0] : kNoNode;
  if (in.size() == 3 && !arena.Tuple(made_with).empty()) data = arena.Tuple(made_with)[0];
  if (data == kNoNode || arena.kind(data) != NodeKind::kTensor) return {};
  TensorRow row = arena.tensor(data);
  row.parameter = parameter;
  ZOO_ASSIGN_OR_RETURN(row.requires_grad, in.Flag(in.size() == 5 ? 3 : 0, "requires_grad"));
  return MakeInPlace(arena, object, row);
}

constexpr GlobalKind kCall = GlobalKind::kCall;
constexpr GlobalKind kType = GlobalKind::kDType, kStorage = GlobalKind::kStorageType;

constexpr GlobalRow Typed(std::string_view module, std::string_view name, DType dtype) {
  return {module, name, kStorage, nullptr, nullptr, dtype};
}
constexpr GlobalRow Untyped(std::string_view module, std::string_view name) {
  return {module, name, kStorage, nullptr, nullptr, DType::kUint8, true};
}
constexpr GlobalRow Old(std::string_view module, std::string_view name) {
  return {module, name, kCall, nullptr, RestoreOldTensor};
}

constexpr GlobalRow kTable[] = {
    {"torch._utils", "_rebuild_tensor", kCall, RebuildTensor},
    {"torch._utils", "_rebuild_tensor_v2", kCall, RebuildTensorV2},
    {"torch._utils", "_rebuild_tensor_v3", kCall, RebuildTensorV3},
    {"torch._utils", "_rebuild_parameter", kCall, RebuildParameter},
    {"torch._utils", "_rebuild_parameter_with_state", kCall, RebuildParameter},
    {"torch._utils", "_rebuild_qtensor", kCall, RebuildQuantized},
    {"torch._utils", "_rebuild_sparse_tensor", kCall, RebuildSparse},
    {"torch._utils", "_rebuild_sparse_csr_tensor", kCall, RebuildSparse},
    {"torch._utils", "_rebuild_nested_tensor", kCall, RebuildNested},
    {"torch._utils", "_rebuild_meta_tensor_no_storage", kCall, RebuildMeta},
    {"torch._tensor", "_rebuild_from_type", kCall, RebuildFromType},
    {"torch._tensor", "_rebuild_from_type_v2", kCall, RebuildFromType},
    {"torch.tensor", "_rebuild_from_type", kCall, RebuildFromType},
    {"torch.serialization", "_get_layout", kCall, MakeLayout},
    {"torch", "Size", kCall, MakeSize},
    {"torch", "device", kCall, MakeDevice},
    Old("torch", "FloatTensor"),
    Old("torch", "DoubleTensor"),
    Old("torch", "HalfTensor"),
    Old("torch", "ByteTensor"),
    Old("torch", "CharTensor"),
    Old("torch", "ShortTensor"),
    Old("torch", "IntTensor"),
    Old("torch", "LongTensor"),
    Old("torch.cuda", "FloatTensor"),
    Old("torch.cuda", "DoubleTensor"),
    Old("torch.cuda", "HalfTensor"),
    Old("torch.cuda", "ByteTensor"),
    Old("torch.cuda", "CharTensor"),
    Old("torch.cuda", "ShortTensor"),
    Old("torch.cuda", "IntTensor"),
    Old("torch.cuda", "LongTensor"),
    Old("torch", "Tensor"),
    Old("torch.nn.parameter", "Parameter"),
    Old("torch.autograd.variable", "Variable"),
    Typed("torch", "FloatStorage", DType::kFloat32),
    Typed("torch", "DoubleStorage", DType::kFloat64),
    Typed("torch", "HalfStorage", DType::kFloat16),
    Typed("torch", "BFloat16Storage", DType::kBFloat16),
    Typed("torch", "ByteStorage", DType::kUint8),
    Typed("torch", "CharStorage", DType::kInt8),
    Typed("torch", "ShortStorage", DType::kInt16),
    Typed("torch", "IntStorage", DType::kInt32),
    Typed("torch", "LongStorage", DType::kInt64),
    Typed("torch", "BoolStorage", DType::kBool),
    Typed("torch", "ComplexFloatStorage", DType::kComplex64),
    Typed("torch", "ComplexDoubleStorage", DType::kComplex128),
    Typed("torch", "QInt8Storage", DType::kQInt8),
    Typed("torch", "QUInt8Storage", DType::kQUInt8),
    Typed("torch", "QInt32Storage", DType::kQInt32),
    Typed("torch", "QUInt4x2Storage", DType::kQUInt4x2),
    Typed("torch", "QUInt2x4Storage", DType::kQUInt2x4),
    Typed("torch.cuda", "FloatStorage", DType::kFloat32),
    Typed("torch.cuda", "DoubleStorage", DType::kFloat64),
    Typed("torch.cuda", "HalfStorage", DType::kFloat16),
    Typed("torch.cuda", "BFloat16Storage", DType::kBFloat16),
    Typed("torch.cuda", "ByteStorage", DType::kUint8),
    Typed("torch.cuda", "CharStorage", DType::kInt8),
    Typed("torch.cuda", "ShortStorage", DType::kInt16),
    Typed("torch.cuda", "IntStorage", DType::kInt32),
    Typed("torch.cuda", "LongStorage", DType::kInt64),
    Typed("torch.cuda", "BoolStorage", DType::kBool),
    Typed("torch.cuda", "ComplexFloatStorage", DType::kComplex64),
    Typed("torch.cuda", "ComplexDoubleStorage", DType::kComplex128),
    Untyped("torch", "UntypedStorage"),
    Untyped("torch.storage", "UntypedStorage"),
    Untyped("torch.storage", "_UntypedStorage"),
    Untyped("torch.cuda", "UntypedStorage"),
    {"torch", "float32", kType},
    {"torch", "float64", kType},
    {"torch", "float16", kType},
    {"torch", "bfloat16", kType},
    {"torch", "uint8", kType},
    {"torch", "int8", kType},
    {"torch", "int16", kType},
    {"torch", "int32", kType},
    {"torch", "int64", kType},
    {"torch", "bool", kType},
    {"torch", "uint16", kType},
    {"torch", "uint32", kType},
    {"torch", "uint64", kType},
    {"torch", "complex32", kType},
    {"torch", "complex64", kType},
    {"torch", "complex128", kType},
    {"torch", "bcomplex32", kType},
    {"torch", "float8_e4m3fn", kType},
    {"torch", "float8_e5m2", kType},
    {"torch", "float8_e4m3fnuz", kType},
    {"torch", "float8_e5m2fnuz", kType},
    {"torch", "float8_e8m0fnu", kType},
    {"torch", "float4_e2m1fn_x2", kType},
    {"torch", "qint8", kType},
    {"torch", "quint8", kType},
    {"torch", "qint32", kType},
    {"torch", "quint4x2", kType},
    {"torch", "quint2x4", kType},
    {"torch", "bits1x8", kType},
    {"torch", "bits2x4", kType},
    {"torch", "bits4x2", kType},
    {"torch", "bits8", kType},
    {"torch", "bits16", kType},
};

}  // namespace

std::span<const GlobalRow> TensorGlobals() { return kTable; }

}  // namespace zoo
