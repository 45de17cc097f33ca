#include "zoo/loader/dtypes.h"

#include <torch/version.h>

#include <utility>

// 2.7 added float8_e8m0fnu, 2.8 float4_e2m1fn_x2.
#define ZOO_TORCH_IS(minor) \
  (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= (minor)))

namespace zoo {
namespace {

using c10::ScalarType;

constexpr std::pair<DType, ScalarType> kTypes[] = {
    {DType::kFloat32, ScalarType::Float},
    {DType::kFloat64, ScalarType::Double},
    {DType::kFloat16, ScalarType::Half},
    {DType::kBFloat16, ScalarType::BFloat16},
    {DType::kUint8, ScalarType::Byte},
    {DType::kInt8, ScalarType::Char},
    {DType::kInt16, ScalarType::Short},
    {DType::kInt32, ScalarType::Int},
    {DType::kInt64, ScalarType::Long},
    {DType::kBool, ScalarType::Bool},
    {DType::kUint16, ScalarType::UInt16},
    {DType::kUint32, ScalarType::UInt32},
    {DType::kUint64, ScalarType::UInt64},
    {DType::kComplex32, ScalarType::ComplexHalf},
    {DType::kComplex64, ScalarType::ComplexFloat},
    {DType::kComplex128, ScalarType::ComplexDouble},
    {DType::kFloat8E4M3FN, ScalarType::Float8_e4m3fn},
    {DType::kFloat8E5M2, ScalarType::Float8_e5m2},
    {DType::kFloat8E4M3FNUZ, ScalarType::Float8_e4m3fnuz},
    {DType::kFloat8E5M2FNUZ, ScalarType::Float8_e5m2fnuz},
#if ZOO_TORCH_IS(7)
    {DType::kFloat8E8M0FNU, ScalarType::Float8_e8m0fnu},
#endif
#if ZOO_TORCH_IS(8)
    {DType::kFloat4E2M1FNx2, ScalarType::Float4_e2m1fn_x2},
#endif
    {DType::kQInt8, ScalarType::QInt8},
    {DType::kQUInt8, ScalarType::QUInt8},
    {DType::kQInt32, ScalarType::QInt32},
    {DType::kQUInt4x2, ScalarType::QUInt4x2},
    {DType::kQUInt2x4, ScalarType::QUInt2x4},
    {DType::kBits1x8, ScalarType::Bits1x8},
    {DType::kBits2x4, ScalarType::Bits2x4},
    {DType::kBits4x2, ScalarType::Bits4x2},
    {DType::kBits8, ScalarType::Bits8},
    {DType::kBits16, ScalarType::Bits16},
};

}  // namespace

std::optional<ScalarType> ToTorch(DType dtype) {
  for (const auto& [ours, theirs] : kTypes) {
    if (ours == dtype) return theirs;
  }
  return std::nullopt;
}

std::optional<DType> FromTorch(ScalarType dtype) {
  for (const auto& [ours, theirs] : kTypes) {
    if (theirs == dtype) return ours;
  }
  return std::nullopt;
}

bool IsUsualFloat(ScalarType dtype) {
  return dtype == ScalarType::Half || dtype == ScalarType::BFloat16 || dtype == ScalarType::Float ||
         dtype == ScalarType::Double;
}

std::string DTypeText(ScalarType dtype) {
  const std::optional<DType> ours = FromTorch(dtype);
  return std::string(ours ? DTypeName(*ours) : c10::toString(dtype));
}

}  // namespace zoo
