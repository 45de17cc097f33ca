#include "zoo/checkpoint/tensor_pickler.h"

#include <fmt/format.h>

#include <string_view>

namespace zoo {
namespace {

struct StorageClass {
  DType dtype;
  std::string_view name;
};
constexpr StorageClass kTyped[] = {
    {DType::kFloat32, "FloatStorage"},
    {DType::kFloat64, "DoubleStorage"},
    {DType::kFloat16, "HalfStorage"},
    {DType::kBFloat16, "BFloat16Storage"},
    {DType::kUint8, "ByteStorage"},
    {DType::kInt8, "CharStorage"},
    {DType::kInt16, "ShortStorage"},
    {DType::kInt32, "IntStorage"},
    {DType::kInt64, "LongStorage"},
    {DType::kBool, "BoolStorage"},
    {DType::kComplex64, "ComplexFloatStorage"},
    {DType::kComplex128, "ComplexDoubleStorage"},
    {DType::kQInt8, "QInt8Storage"},
    {DType::kQUInt8, "QUInt8Storage"},
    {DType::kQInt32, "QInt32Storage"},
    {DType::kQUInt4x2, "QUInt4x2Storage"},
    {DType::kQUInt2x4, "QUInt2x4Storage"},
};

std::string_view TypedName(DType dtype) {
  for (const StorageClass& row : kTyped) {
    if (row.dtype == dtype) return row.name;
  }
  return {};
}

constexpr std::string_view kUtils = "torch._utils";

}  // namespace

bool IsUntyped(DType dtype) { return TypedName(dtype).empty(); }

uint64_t StorageElements(const Document::Storage& storage) {
  return StorageBytes(storage) / (IsUntyped(storage.dtype) ? 1 : ItemSize(storage.dtype));
}

size_t PartsOf(Layout layout) {
  switch (layout) {
    case Layout::kSparseCoo:
      return 2;
    case Layout::kSparseCsr:
    case Layout::kSparseCsc:
    case Layout::kSparseBsr:
    case Layout::kSparseBsc:
      return 3;
    case Layout::kNested:
      return 4;
    default:
      return 0;
  }
}

void TensorPickler::Storage(uint32_t storage) {
  const Document::Storage& row = document_.storages()[storage];
  uint32_t& ordinal = ordinals_[storage];
  if (ordinal == 0) {
    order_.push_back(storage);
    ordinal = static_cast<uint32_t>(order_.size());
  }
  out_.Op(PickleOp::kMark);
  out_.Word("storage");
  if (!IsUntyped(row.dtype)) {
    out_.Global("torch", TypedName(row.dtype));
  } else if (names_ == Names::kZip) {
    out_.Global("torch.storage", "UntypedStorage");
  } else {
    // PyTorch writes UntypedStorage here too, and cannot read it again.
    out_.Global("torch", "ByteStorage");
  }
  out_.Text(fmt::to_string(ordinal - 1));
  out_.Word("cpu");
  out_.Int(static_cast<int64_t>(StorageElements(row)));
  if (names_ == Names::kLegacy) out_.Op(PickleOp::kNone);
  out_.Op(PickleOp::kTuple);
  out_.Op(PickleOp::kPersistentId);
}

void TensorPickler::NoHooks() {
  out_.Global("collections", "OrderedDict");
  out_.Op(PickleOp::kEmptyTuple);
  out_.Op(PickleOp::kReduce);
}

void TensorPickler::Size(std::span<const int64_t> sizes) {
  out_.Global("torch", "Size");
  out_.IntTuple(sizes);
  out_.Op(PickleOp::kTuple1);
  out_.Op(PickleOp::kReduce);
}

void TensorPickler::Metadata(const Document::TensorSpec& spec) {
  if (!spec.conj && !spec.neg) return;
  out_.Op(PickleOp::kEmptyDict);
  for (auto [set, name] : {std::pair(spec.conj, "conj"), std::pair(spec.neg, "neg")}) {
    if (!set) continue;
    out_.Word(name);
    out_.Bool(true);
    out_.Op(PickleOp::kSetItem);
  }
}

void TensorPickler::Quantizer(const Quantization& quantization, DType dtype) {
  if (quantization.scheme == "per_tensor_affine") {
    out_.Global("torch", quantization.scheme);
    out_.Float(quantization.scale);
    out_.Int(quantization.zero_point);
    out_.CloseTuple(3);
    return;
  }
  // PyTorch writes one scheme for both; a list of floats would be read as the other.
  const bool packed = ElementsPerItem(dtype) > 1;
  const bool floats = packed || quantization.scheme == "per_channel_affine_float_qparams";
  out_.Op(PickleOp::kMark);
  out_.Global("torch", floats ? "per_channel_affine_float_qparams" : "per_channel_affine");
  for (const auto* values : {&quantization.scales, &quantization.zero_points}) {
    const bool whole = !floats && values == &quantization.zero_points;
    out_.Op(PickleOp::kEmptyList);
    out_.Op(PickleOp::kMark);
    for (double value : *values) {
      whole ? out_.Int(static_cast<int64_t>(value)) : out_.Float(value);
    }
    out_.Op(PickleOp::kAppends);
  }
  out_.Int(quantization.axis);
  out_.Op(PickleOp::kTuple);
}

void TensorPickler::Strided(const DocumentNode& node, bool requires_grad) {
  const Document::TensorSpec& spec = document_.spec(node);
  const auto& quantization = document_.quantization(node);
  const DType dtype = document_.storages()[spec.storage].dtype;
  const bool untyped = IsUntyped(dtype);
  out_.Global(kUtils, quantization ? "_rebuild_qtensor"
                      : untyped    ? "_rebuild_tensor_v3"
                                   : "_rebuild_tensor_v2");
  out_.Op(PickleOp::kMark);
  Storage(spec.storage);
  out_.Int(spec.storage_offset);
  out_.IntTuple(spec.shape);
  out_.IntTuple(spec.stride);
  if (quantization) Quantizer(*quantization, dtype);
  out_.Bool(requires_grad);
  NoHooks();
  if (untyped) out_.Global("torch", DTypeName(dtype));
  if (!quantization) Metadata(spec);
  out_.Op(PickleOp::kTuple);
  out_.Op(PickleOp::kReduce);
}

void TensorPickler::Tensor(const DocumentNode& node) {
  const Document::TensorSpec& spec = document_.spec(node);
  if (!spec.parameter) return Strided(node, spec.requires_grad);
  out_.Global(kUtils, "_rebuild_parameter");
  Strided(node, false);
  out_.Bool(spec.requires_grad);
  NoHooks();
  out_.CloseTuple(3);
  out_.Op(PickleOp::kReduce);
}

void TensorPickler::Meta(const DocumentNode& node) {
  const Document::TensorSpec& spec = document_.spec(node);
  out_.Global(kUtils, "_rebuild_meta_tensor_no_storage");
  out_.Op(PickleOp::kMark);
  out_.Global("torch", DTypeName(node.dtype));
  out_.IntTuple(spec.shape);
  out_.IntTuple(spec.stride);
  out_.Bool(spec.requires_grad);
  out_.Op(PickleOp::kTuple);
  out_.Op(PickleOp::kReduce);
}

void TensorPickler::OpenComposite(const DocumentNode& node) {
  if (node.layout == Layout::kNested) {
    out_.Global(kUtils, "_rebuild_nested_tensor");
  } else {
    out_.Global(kUtils, "_rebuild_sparse_tensor");
    out_.Global("torch.serialization", "_get_layout");
    out_.Word(fmt::format("torch.{}", LayoutName(node.layout)));
    out_.Op(PickleOp::kTuple1);
    out_.Op(PickleOp::kReduce);
  }
  out_.Op(PickleOp::kMark);
}

void TensorPickler::CloseComposite(const DocumentNode& node) {
  if (node.layout != Layout::kNested) {
    Size(document_.spec(node).shape);
    if (node.layout == Layout::kSparseCoo) out_.Bool(node.coalesced);
  }
  out_.Op(PickleOp::kTuple);
  if (node.layout != Layout::kNested) out_.Op(PickleOp::kTuple2);
  out_.Op(PickleOp::kReduce);
}

}  // namespace zoo
