// PyTorch's dtypes and the storage types that name them.
#include "zoo/checkpoint/global_table.h"

namespace zoo {
namespace {

constexpr GlobalKind kType = GlobalKind::kDType, kStorage = GlobalKind::kStorageType;

constexpr GlobalRow Typed(std::string_view module, std::string_view name, DType dtype) {
  return {module, name, kStorage, nullptr, nullptr, dtype};
}
constexpr GlobalRow Untyped(std::string_view module, std::string_view name) {
  return {module, name, kStorage, nullptr, nullptr, DType::kUint8, true};
}

constexpr GlobalRow kTable[] = {
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
    {"torch", "int1", kType},
    {"torch", "int2", kType},
    {"torch", "int3", kType},
    {"torch", "int4", kType},
    {"torch", "int5", kType},
    {"torch", "int6", kType},
    {"torch", "int7", kType},
    {"torch", "uint1", kType},
    {"torch", "uint2", kType},
    {"torch", "uint3", kType},
    {"torch", "uint4", kType},
    {"torch", "uint5", kType},
    {"torch", "uint6", kType},
    {"torch", "uint7", kType},
};

}  // namespace

std::span<const GlobalRow> TypeGlobals() { return kTable; }

}  // namespace zoo
