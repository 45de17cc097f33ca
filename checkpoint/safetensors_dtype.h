// The element types of safetensors files, by the format's names. Pure; any thread.
#ifndef ZOO_CHECKPOINT_SAFETENSORS_DTYPE_H_
#define ZOO_CHECKPOINT_SAFETENSORS_DTYPE_H_

#include <cstdint>
#include <string_view>

#include "zoo/checkpoint/dtype.h"

namespace zoo {

struct SafetensorsDType {
  std::string_view name;  // "F32"
  DType dtype;
  uint8_t bits;  // of one element as the format counts them
};

// Null for what the format does not have.
const SafetensorsDType* SafetensorsDTypeNamed(std::string_view name);
const SafetensorsDType* SafetensorsDTypeOf(DType dtype);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_SAFETENSORS_DTYPE_H_
