// The numbers that a tensor's elements stand for, without loss, and casts between the floating
// types as PyTorch makes them. Pure; any thread.
//
//   NumberReader read = NumberReaderOf(DType::kBFloat16);
//   Number third = read(bytes.data(), 2);
#ifndef ZOO_CHECKPOINT_NUMBERS_H_
#define ZOO_CHECKPOINT_NUMBERS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/dtype.h"

namespace zoo {

// Holds every int64, uint64 and float64 exactly.
using Real = long double;
static_assert(std::numeric_limits<Real>::digits >= 64);

struct Number {
  Real real = 0, imaginary = 0;
};

// The `index`-th element of little-endian elements; of quantized types the stored integer.
using NumberReader = Number (*)(const std::byte* elements, uint64_t index);
// Null for types that are bits only (bits8, float4_e2m1fn_x2 ...).
NumberReader NumberReaderOf(DType dtype);

// float64, float32, float16 and bfloat16.
bool IsCastable(DType dtype);
// Element by element, to the nearest, ties to even; float64 by way of float32, as PyTorch does it.
// How many finite numbers became infinite. REQUIRES: both castable, `into` of as many elements.
uint64_t CastElements(DType from, ByteView elements, DType to, std::span<std::byte> into);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_NUMBERS_H_
