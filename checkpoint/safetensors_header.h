// The JSON header of a safetensors file, read and checked for itself: what it says of each tensor.
// Whether the tensors' ranges fit together and into the file, safetensors.h checks. Pure; any
// thread.
#ifndef ZOO_CHECKPOINT_SAFETENSORS_HEADER_H_
#define ZOO_CHECKPOINT_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/safetensors_dtype.h"

namespace zoo {

struct SafetensorsTensor {
  std::string name;
  const SafetensorsDType* dtype = nullptr;
  size_t dims = 0;  // where its shape begins in the header's dims
  uint8_t rank = 0;
  uint64_t begin = 0, end = 0;  // in the data behind the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsTensor> tensors;  // in the header's order, of different names
  std::vector<int64_t> dims;
  std::vector<std::pair<std::string, std::string>> metadata;

  std::span<const int64_t> shape(const SafetensorsTensor& tensor) const {
    return std::span(dims).subspan(tensor.dims, tensor.rank);
  }
};

// kCorrupt for what is not such a header, kUnsupported for types and members of tensors that are
// not known here.
Result<SafetensorsHeader> ReadSafetensorsHeader(std::string_view json, const Limits& limits);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_SAFETENSORS_HEADER_H_
