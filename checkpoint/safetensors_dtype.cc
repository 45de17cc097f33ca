#include "zoo/checkpoint/safetensors_dtype.h"

#include <algorithm>
#include <iterator>

namespace zoo {
namespace {

constexpr SafetensorsDType kDTypes[] = {
    {"F32", DType::kFloat32, 32},
    {"F16", DType::kFloat16, 16},
    {"BF16", DType::kBFloat16, 16},
    {"F64", DType::kFloat64, 64},
    {"BOOL", DType::kBool, 8},
    {"U8", DType::kUint8, 8},
    {"I8", DType::kInt8, 8},
    {"I16", DType::kInt16, 16},
    {"U16", DType::kUint16, 16},
    {"I32", DType::kInt32, 32},
    {"U32", DType::kUint32, 32},
    {"I64", DType::kInt64, 64},
    {"U64", DType::kUint64, 64},
    {"C64", DType::kComplex64, 64},
    {"F8_E4M3", DType::kFloat8E4M3FN, 8},
    {"F8_E5M2", DType::kFloat8E5M2, 8},
    {"F8_E8M0", DType::kFloat8E8M0FNU, 8},
    {"F8_E4M3FNUZ", DType::kFloat8E4M3FNUZ, 8},
    {"F8_E5M2FNUZ", DType::kFloat8E5M2FNUZ, 8},
    {"F6_E2M3", DType::kFloat6E2M3FN, 6},
    {"F6_E3M2", DType::kFloat6E3M2FN, 6},
    {"F4", DType::kFloat4E2M1FNx2, 4},
};

template <class Field, class Key>
const SafetensorsDType* Find(Field field, const Key& key) {
  const SafetensorsDType* row = std::ranges::find(kDTypes, key, field);
  return row == std::end(kDTypes) ? nullptr : row;
}

}  // namespace

const SafetensorsDType* SafetensorsDTypeNamed(std::string_view name) {
  return Find(&SafetensorsDType::name, name);
}

const SafetensorsDType* SafetensorsDTypeOf(DType dtype) {
  return Find(&SafetensorsDType::dtype, dtype);
}

}  // namespace zoo
