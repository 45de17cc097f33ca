#include "zoo/checkpoint/row_major.h"

#include <cstring>
#include <vector>

namespace zoo {
namespace {

// Numbers of `width` bytes from the `first` on, every `step` of them, get the other sign.
void FlipSigns(std::span<std::byte> bytes, size_t width, size_t first, size_t step) {
  for (size_t at = first * width; at < bytes.size(); at += step * width) {
    bytes[at + width - 1] ^= std::byte{0x80};
  }
}

void NegateWhole(std::span<std::byte> bytes, size_t width) {
  for (size_t at = 0; at < bytes.size(); at += width) {
    unsigned carry = 1;
    for (size_t i = at; i < at + width; ++i) {
      carry += static_cast<unsigned>(~bytes[i] & std::byte{0xff});
      bytes[i] = static_cast<std::byte>(carry);
      carry >>= 8;
    }
  }
}

}  // namespace

uint64_t LastElement(std::span<const int64_t> shape, std::span<const int64_t> stride) {
  uint64_t last = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    last += static_cast<uint64_t>(shape[i] - 1) * static_cast<uint64_t>(stride[i]);
  }
  return last;
}

// An odometer over all dimensions but the last.
void Gather(std::span<const int64_t> shape, std::span<const int64_t> stride, size_t item,
            const std::byte* from, std::byte* to) {
  const size_t rank = shape.size();
  const int64_t inner = rank == 0 ? 1 : shape[rank - 1];
  const uint64_t inner_stride = rank == 0 ? 1 : static_cast<uint64_t>(stride[rank - 1]);
  std::vector<int64_t> at(rank, 0);
  uint64_t row = 0;
  for (;;) {
    if (inner_stride == 1) {
      std::memcpy(to, from + row * item, static_cast<size_t>(inner) * item);
      to += static_cast<size_t>(inner) * item;
    } else {
      for (int64_t i = 0; i < inner; ++i, to += item) {
        std::memcpy(to, from + (row + static_cast<uint64_t>(i) * inner_stride) * item, item);
      }
    }
    size_t d = rank < 2 ? 0 : rank - 1;
    while (d > 0) {
      --d;
      row += static_cast<uint64_t>(stride[d]);
      if (++at[d] < shape[d]) break;
      row -= static_cast<uint64_t>(stride[d]) * static_cast<uint64_t>(shape[d]);
      at[d] = 0;
      if (d == 0) return;
    }
    if (rank < 2) return;
  }
}

void Conjugate(DType dtype, std::span<std::byte> elements) {
  if (IsComplex(dtype)) FlipSigns(elements, ItemSize(dtype) / 2, 1, 2);
}

void Negate(DType dtype, std::span<std::byte> elements) {
  const size_t item = ItemSize(dtype);
  if (IsComplex(dtype)) {
    FlipSigns(elements, item / 2, 0, 1);
  } else if (IsFloating(dtype)) {
    FlipSigns(elements, item, 0, 1);
  } else {
    NegateWhole(elements, item);
  }
}

}  // namespace zoo
