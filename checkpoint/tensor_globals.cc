// PyTorch's rebuild functions of strided tensors, and the classes that old files have for them.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "zoo/checkpoint/global_table.h"
#include "zoo/checkpoint/tensor_place.h"

namespace zoo {
namespace {

constexpr size_t kMostName = 1000, kMostMetadata = 16;

std::string TooLong(std::string_view name, size_t bytes) {
  return fmt::format("its {} has {} bytes, the limit is {}", name, bytes, kMostName);
}

// {"conj": True, "neg": True}, None or missing.
Status ApplyMetadata(const Arguments& in, size_t i, TensorRow& row) {
  if (in.kind(i) == NodeKind::kNone) return {};
  if (in.kind(i) != NodeKind::kDict) return in.NotA(i, "metadata", "a dict");
  // One dict may be that of every tensor, and is searched for each.
  if (in.arena().Items(in[i]).size() > 2 * kMostMetadata) {
    return in.Wrong(fmt::format("its metadata has {} entries, the limit is {}",
                                in.arena().Items(in[i]).size() / 2, kMostMetadata));
  }
  struct Bit {
    std::string_view name;
    bool TensorRow::*field;
  };
  static constexpr Bit kBits[] = {{"conj", &TensorRow::conj}, {"neg", &TensorRow::neg}};
  for (const Bit& bit : kBits) {
    row.*bit.field = in.arena().Find(in[i], bit.name) == Arena::kTrue;
  }
  if (row.conj && !IsComplex(row.dtype)) {
    return in.Wrong(fmt::format("the conjugate of {}", DTypeName(row.dtype)));
  }
  if (row.neg && row.dtype == DType::kBool) return in.Wrong("the negative of bool");
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

// Attributes, unless there are none.
NodeId StateIn(const Arguments& in, size_t i) {
  return in.kind(i) == NodeKind::kNone ? kNoNode : in[i];
}

// (data, requires_grad, hooks) and, with attributes of its own, a state behind them. What cannot be
// read stays unread with a parameter around it.
Result<NodeId> RebuildParameter(const Arguments& in) {
  if (in.kind(0) == NodeKind::kObject) return in.arena().AddObject(in.callable(), in.tuple());
  ZOO_ASSIGN_OR_RETURN(const TensorRow* data, in.Tensor(0, "data"));
  TensorRow row = *data;
  row.parameter = true;
  row.state = StateIn(in, 3);
  ZOO_ASSIGN_OR_RETURN(row.requires_grad, in.Flag(1, "requires_grad"));
  return in.arena().AddTensor(row);
}

// A tensor of another device that was written from a copy on the CPU: (data, dtype, device,
// requires_grad).
Result<NodeId> RebuildFromCpu(const Arguments& in) {
  ZOO_ASSIGN_OR_RETURN(const TensorRow* data, in.Tensor(0, "data"));
  ZOO_ASSIGN_OR_RETURN(DType dtype, in.Type(1, "dtype"));
  if (dtype != data->dtype) return in.arena().AddObject(in.callable(), in.tuple());
  TensorRow row = *data;
  ZOO_ASSIGN_OR_RETURN(row.requires_grad, in.Flag(3, "requires_grad"));
  return in.arena().AddTensor(row);
}

// Tensors whose values only their class knows: (class, dtype, size, stride, ...).
Result<NodeId> RebuildWrapper(const Arguments& in) {
  if (in.kind(0) != NodeKind::kClass) return in.NotA(0, "class", "a class");
  NodeId object = in.arena().AddObject(in[0], in.tuple());
  in.arena().object(object).made_by = in.callable();
  return object;
}

bool IsParameterClass(const Arena& arena, NodeId id) {
  return arena.IsClass(id, "torch.nn.parameter", "Parameter") ||
         arena.IsClass(id, "torch.nn", "Parameter");
}

// An object of a class that this function would make from these arguments and that state.
NodeId ObjectOfType(const Arguments& in) {
  Arena& arena = in.arena();
  if (in.kind(1) != NodeKind::kClass) return arena.AddObject(in.callable(), in.tuple());
  NodeId object = arena.AddObject(in[1], in[2]);
  arena.object(object).made_by = in[0];
  arena.object(object).state = StateIn(in, 3);
  return object;
}

// A tensor of a class of its own, (function, class, arguments, state): what the function makes,
// with the class and the state remembered.
Result<NodeId> RebuildFromType(const Arguments& in) {
  Arena& arena = in.arena();
  if (in.kind(0) != NodeKind::kClass) return in.NotA(0, "function", "a function");
  if (in.kind(2) != NodeKind::kTuple) return in.NotA(2, "arguments", "a tuple");
  const GlobalRow* inner = arena.class_row(in[0]).known;
  if (inner == nullptr || inner->rebuild == nullptr) return ObjectOfType(in);
  if (inner->rebuild == RebuildFromType) return in.Wrong("its function is itself");
  ZOO_ASSIGN_OR_RETURN(NodeId made, inner->rebuild(Arguments(arena, *inner, in[0], in[2])));
  if (arena.kind(made) != NodeKind::kTensor) return ObjectOfType(in);
  TensorRow row = arena.tensor(made);
  row.type = in.kind(1) == NodeKind::kClass ? in[1] : kNoNode;
  row.state = StateIn(in, 3);
  row.parameter = row.parameter || IsParameterClass(arena, in[1]);
  return arena.AddTensor(row);
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
  // The type may be one text that many devices have.
  if (type.size() > kMostName) return in.Wrong(TooLong("type", type.size()));
  arena.CountItems(4);
  return arena.AddText(NodeKind::kDevice, arena.Keep(fmt::format("{}:{}", type, index)));
}

// torch.serialization._get_layout("torch.sparse_coo")
Result<NodeId> MakeLayout(const Arguments& in) {
  if (in.kind(0) != NodeKind::kString) return in.NotA(0, "name", "a string");
  std::string_view name = in.arena().text(in[0]);
  if (name.size() > kMostName) return in.Wrong(TooLong("name", name.size()));
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
    row.parameter = row.requires_grad = parameter;  // a new Parameter requires it
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

// Parameter(data, requires_grad), as 0.4 wrote it. With less it is an object until its state comes.
Result<NodeId> MakeParameter(const Arguments& in) {
  if (in.size() == 2 && in.kind(0) == NodeKind::kTensor) return RebuildParameter(in);
  return in.arena().AddObject(in.callable(), in.tuple());
}

constexpr GlobalKind kCall = GlobalKind::kCall;

constexpr GlobalRow Old(std::string_view module, std::string_view name) {
  return {module, name, kCall, nullptr, RestoreOldTensor};
}

constexpr GlobalRow kTable[] = {
    {"torch._utils", "_rebuild_tensor", kCall, RebuildTensor},
    {"torch._utils", "_rebuild_tensor_v2", kCall, RebuildTensorV2},
    {"torch._utils", "_rebuild_tensor_v3", kCall, RebuildTensorV3},
    {"torch._utils", "_rebuild_parameter", kCall, RebuildParameter},
    {"torch._utils", "_rebuild_parameter_with_state", kCall, RebuildParameter},
    {"torch._utils", "_rebuild_device_tensor_from_cpu_tensor", kCall, RebuildFromCpu},
    {"torch._utils", "_rebuild_wrapper_subclass", kCall, RebuildWrapper},
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
    Old("torch", "BoolTensor"),
    Old("torch", "BFloat16Tensor"),
    Old("torch.cuda", "FloatTensor"),
    Old("torch.cuda", "DoubleTensor"),
    Old("torch.cuda", "HalfTensor"),
    Old("torch.cuda", "ByteTensor"),
    Old("torch.cuda", "CharTensor"),
    Old("torch.cuda", "ShortTensor"),
    Old("torch.cuda", "IntTensor"),
    Old("torch.cuda", "LongTensor"),
    Old("torch.cuda", "BoolTensor"),
    Old("torch.cuda", "BFloat16Tensor"),
    Old("torch", "Tensor"),
    {"torch.nn.parameter", "Parameter", kCall, MakeParameter, RestoreOldTensor},
    Old("torch.autograd.variable", "Variable"),
};

}  // namespace

std::span<const GlobalRow> TensorGlobals() { return kTable; }

}  // namespace zoo
