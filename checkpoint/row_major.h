// The elements of strided tensors put in a row, and the signs that PyTorch leaves to the reader.
// Pure; any thread.
#ifndef ZOO_CHECKPOINT_ROW_MAJOR_H_
#define ZOO_CHECKPOINT_ROW_MAJOR_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "zoo/checkpoint/dtype.h"

namespace zoo {

// The highest element that is touched, counted from the tensor's first. REQUIRES: there is one.
uint64_t LastElement(std::span<const int64_t> shape, std::span<const int64_t> stride);

// Copies the elements, of `item` bytes each, in row-major order. `from` is the first of them.
// REQUIRES: there is one.
void Gather(std::span<const int64_t> shape, std::span<const int64_t> stride, size_t item,
            const std::byte* from, std::byte* to);

void Conjugate(DType dtype, std::span<std::byte> elements);
void Negate(DType dtype, std::span<std::byte> elements);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_ROW_MAJOR_H_
