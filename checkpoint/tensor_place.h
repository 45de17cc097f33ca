// Shapes, strides and places in storages, checked while a tensor is made: what these let through
// lies inside its storage. For the files that fill the table of globals.
#ifndef ZOO_CHECKPOINT_TENSOR_PLACE_H_
#define ZOO_CHECKPOINT_TENSOR_PLACE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "zoo/base/result.h"
#include "zoo/checkpoint/arena.h"
#include "zoo/checkpoint/dtype.h"
#include "zoo/checkpoint/global_table.h"

namespace zoo {

// Adds the whole numbers of argument `i`, a tuple, to the arena's dims: how many there are.
Result<uint8_t> AddDims(const Arguments& in, size_t i, std::string_view name);
// Likewise a shape and the strides behind it, of one length; sets the row's dims and rank.
Status AddShapeAndStride(const Arguments& in, size_t shape, size_t stride, TensorRow& row);

using Wide = unsigned __int128;

// Elements of a tensor and the highest index that a view from 0 touches; both 0 if it is empty.
struct Extent {
  Wide elements = 1, last = 0;
};
// kCorrupt if its bytes or indices do not fit 62 bits.
Result<Extent> ExtentOf(const Arguments& in, const TensorRow& row);

// A strided tensor from storage, offset, size and stride, which are the first four arguments. Its
// dtype is the storage's unless one is given.
Result<TensorRow> PlaceTensor(const Arguments& in, std::optional<DType> dtype);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TENSOR_PLACE_H_
