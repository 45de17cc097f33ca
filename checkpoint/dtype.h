// The element types of PyTorch, by PyTorch's names, with their widths. Pure; any thread.
#ifndef ZOO_CHECKPOINT_DTYPE_H_
#define ZOO_CHECKPOINT_DTYPE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace zoo {

enum class DType : uint8_t {
  kFloat32,
  kFloat64,
  kFloat16,
  kBFloat16,
  kUint8,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kBool,
  kUint16,
  kUint32,
  kUint64,
  kComplex32,
  kComplex64,
  kComplex128,
  kBComplex32,
  kFloat8E4M3FN,
  kFloat8E5M2,
  kFloat8E4M3FNUZ,
  kFloat8E5M2FNUZ,
  kFloat8E8M0FNU,
  kFloat4E2M1FNx2,
  kQInt8,
  kQUInt8,
  kQInt32,
  kQUInt4x2,
  kQUInt2x4,
  kBits1x8,
  kBits2x4,
  kBits4x2,
  kBits8,
  kBits16,
  kFloat6E2M3FN,
  kFloat6E3M2FN,
};

// "float32", "float8_e4m3fn", "quint4x2": as in `torch.<name>`. PyTorch has none for the floats of
// six bits that safetensors files may hold: these are named in its manner, float6_e2m3fn.
std::string_view DTypeName(DType dtype);
std::optional<DType> DTypeFromName(std::string_view name);
// Bytes of one item: an element of a tensor of this type as PyTorch counts elements, or several.
uint64_t ItemSize(DType dtype);
// Elements that share one item: 2 of quint4x2, 4 of quint2x4, 4 of the floats of six bits,
// otherwise 1 (PyTorch counts the pairs of float4_e2m1fn_x2 as one element).
int64_t ElementsPerItem(DType dtype);
// Whether `torch` has it: all but the floats of six bits.
bool IsPyTorchs(DType dtype);
bool IsFloating(DType dtype);
bool IsComplex(DType dtype);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_DTYPE_H_
