#include "zoo/checkpoint/dtype.h"

#include <iterator>

namespace zoo {
namespace {

enum class Sort : uint8_t { kWhole, kFloating, kComplex };

struct Row {
  DType dtype;
  std::string_view name;
  uint8_t bytes;
  Sort sort;
};

// In the order of the enumeration.
constexpr Row kRows[] = {
    {DType::kFloat32, "float32", 4, Sort::kFloating},
    {DType::kFloat64, "float64", 8, Sort::kFloating},
    {DType::kFloat16, "float16", 2, Sort::kFloating},
    {DType::kBFloat16, "bfloat16", 2, Sort::kFloating},
    {DType::kUint8, "uint8", 1, Sort::kWhole},
    {DType::kInt8, "int8", 1, Sort::kWhole},
    {DType::kInt16, "int16", 2, Sort::kWhole},
    {DType::kInt32, "int32", 4, Sort::kWhole},
    {DType::kInt64, "int64", 8, Sort::kWhole},
    {DType::kBool, "bool", 1, Sort::kWhole},
    {DType::kUint16, "uint16", 2, Sort::kWhole},
    {DType::kUint32, "uint32", 4, Sort::kWhole},
    {DType::kUint64, "uint64", 8, Sort::kWhole},
    {DType::kComplex32, "complex32", 4, Sort::kComplex},
    {DType::kComplex64, "complex64", 8, Sort::kComplex},
    {DType::kComplex128, "complex128", 16, Sort::kComplex},
    {DType::kBComplex32, "bcomplex32", 4, Sort::kComplex},
    {DType::kFloat8E4M3FN, "float8_e4m3fn", 1, Sort::kFloating},
    {DType::kFloat8E5M2, "float8_e5m2", 1, Sort::kFloating},
    {DType::kFloat8E4M3FNUZ, "float8_e4m3fnuz", 1, Sort::kFloating},
    {DType::kFloat8E5M2FNUZ, "float8_e5m2fnuz", 1, Sort::kFloating},
    {DType::kFloat8E8M0FNU, "float8_e8m0fnu", 1, Sort::kFloating},
    {DType::kFloat4E2M1FNx2, "float4_e2m1fn_x2", 1, Sort::kFloating},
    {DType::kQInt8, "qint8", 1, Sort::kWhole},
    {DType::kQUInt8, "quint8", 1, Sort::kWhole},
    {DType::kQInt32, "qint32", 4, Sort::kWhole},
    {DType::kQUInt4x2, "quint4x2", 1, Sort::kWhole},
    {DType::kQUInt2x4, "quint2x4", 1, Sort::kWhole},
    {DType::kBits1x8, "bits1x8", 1, Sort::kWhole},
    {DType::kBits2x4, "bits2x4", 1, Sort::kWhole},
    {DType::kBits4x2, "bits4x2", 1, Sort::kWhole},
    {DType::kBits8, "bits8", 1, Sort::kWhole},
    {DType::kBits16, "bits16", 2, Sort::kWhole},
    {DType::kFloat6E2M3FN, "float6_e2m3fn", 3, Sort::kFloating},
    {DType::kFloat6E3M2FN, "float6_e3m2fn", 3, Sort::kFloating},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<size_t>(kRows[i].dtype) != i) return false;
  }
  return static_cast<size_t>(DType::kFloat6E3M2FN) + 1 == std::size(kRows);
}
static_assert(InOrder());

const Row& RowOf(DType dtype) { return kRows[static_cast<size_t>(dtype)]; }

}  // namespace

std::string_view DTypeName(DType dtype) { return RowOf(dtype).name; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

uint64_t ItemSize(DType dtype) { return RowOf(dtype).bytes; }
int64_t ElementsPerItem(DType dtype) {
  if (dtype == DType::kQUInt4x2) return 2;
  bool four =
      dtype == DType::kQUInt2x4 || dtype == DType::kFloat6E2M3FN || dtype == DType::kFloat6E3M2FN;
  return four ? 4 : 1;
}
bool IsPyTorchs(DType dtype) {
  return dtype != DType::kFloat6E2M3FN && dtype != DType::kFloat6E3M2FN;
}
bool IsFloating(DType dtype) { return RowOf(dtype).sort == Sort::kFloating; }
bool IsComplex(DType dtype) { return RowOf(dtype).sort == Sort::kComplex; }

}  // namespace zoo
