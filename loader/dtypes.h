// Element types between a checkpoint and LibTorch. Pure; any thread.
#ifndef ZOO_LOADER_DTYPES_H_
#define ZOO_LOADER_DTYPES_H_

#include <c10/core/ScalarType.h>

#include <optional>
#include <string>

#include "zoo/checkpoint/dtype.h"

namespace zoo {

// Nothing for a type that this LibTorch does not know.
std::optional<c10::ScalarType> ToTorch(DType dtype);
std::optional<DType> FromTorch(c10::ScalarType dtype);

// float16, bfloat16, float32 and float64, which loads convert into each other.
bool IsUsualFloat(c10::ScalarType dtype);
// "float32", as Python says it.
std::string DTypeText(c10::ScalarType dtype);

}  // namespace zoo

#endif  // ZOO_LOADER_DTYPES_H_
