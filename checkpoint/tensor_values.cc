#include "zoo/checkpoint/tensor_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/copy.h"

namespace zoo {
namespace {

// The highest element that is touched, from the tensor's first; its numel is not 0.
uint64_t LastElement(const TensorInfo& tensor) {
  uint64_t last = 0;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    last += static_cast<uint64_t>(tensor.shape[i] - 1) * static_cast<uint64_t>(tensor.stride[i]);
  }
  return last;
}

// Copies elements in row-major order: an odometer over all dimensions but the last.
void Gather(const TensorInfo& tensor, const std::byte* from, std::byte* to) {
  const size_t item = ItemSize(tensor.dtype);
  const size_t rank = tensor.shape.size();
  const int64_t inner = rank == 0 ? 1 : tensor.shape[rank - 1];
  const uint64_t inner_stride = rank == 0 ? 1 : static_cast<uint64_t>(tensor.stride[rank - 1]);
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
      row += static_cast<uint64_t>(tensor.stride[d]);
      if (++at[d] < tensor.shape[d]) break;
      row -= static_cast<uint64_t>(tensor.stride[d]) * static_cast<uint64_t>(tensor.shape[d]);
      at[d] = 0;
      if (d == 0) return;
    }
    if (rank < 2) return;
  }
}

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

void Resolve(const TensorInfo& tensor, std::span<std::byte> bytes) {
  size_t item = ItemSize(tensor.dtype);
  if (IsComplex(tensor.dtype)) {
    if (tensor.conj) FlipSigns(bytes, item / 2, 1, 2);
    if (tensor.neg) FlipSigns(bytes, item / 2, 0, 1);
  } else if (tensor.neg && IsFloating(tensor.dtype)) {
    FlipSigns(bytes, item, 0, 1);
  } else if (tensor.neg) {
    NegateWhole(bytes, item);
  }
}

Error Unsupported(const FileContents& contents, const TensorInfo& tensor, std::string what) {
  return {ErrorCode::kUnsupported,
          fmt::format("{}: {}{}{}", contents.file->name(), FormatPath(tensor.path),
                      tensor.path.empty() ? "" : ": ", what),
          ""};
}

// Bytes of the storage that a view spans are read in one go: no more of them than of values. Those
// of a deflated storage may be far more than the file has.
Status CheckSpan(const FileContents& contents, const TensorInfo& tensor, uint64_t span) {
  uint64_t limit = MaterialiseLimit(contents.options.limits, contents.file->size());
  if (span <= limit) return {};
  return Unsupported(contents, tensor,
                     fmt::format("a view that spans {}, the limit \"materialise\" is {}",
                                 FormatSize(span), FormatSize(limit)));
}

Status CheckValues(const FileContents& contents, const TensorInfo& tensor) {
  auto unsupported = [&](std::string what) {
    return Unsupported(contents, tensor, std::move(what));
  };
  if (tensor.layout != Layout::kStrided) {
    return unsupported(
        fmt::format("a {} tensor has no values of its own", LayoutName(tensor.layout)));
  }
  uint64_t limit = MaterialiseLimit(contents.options.limits, contents.file->size());
  if (tensor.nbytes() > limit) {
    return unsupported(fmt::format("{} of values, the limit \"materialise\" is {}",
                                   FormatSize(tensor.nbytes()), FormatSize(limit)));
  }
  if (ElementsPerItem(tensor.dtype) > 1 && !tensor.contiguous()) {
    return unsupported("several elements in a byte, with strides");
  }
  return {};
}

}  // namespace

Result<std::vector<std::byte>> TensorValues(const FileContents& contents,
                                            const TensorInfo& tensor) {
  ZOO_RETURN_IF_ERROR(CheckValues(contents, tensor));
  std::vector<std::byte> values(tensor.nbytes());
  if (values.empty()) return values;
  uint64_t item = ItemSize(tensor.dtype);
  uint64_t start = static_cast<uint64_t>(tensor.storage_offset) * item;
  if (tensor.contiguous()) {
    StorageCopy copy{tensor.storage, start, values};
    ZOO_RETURN_IF_ERROR(CopyStorages(contents, std::span(&copy, 1), 1));
  } else {
    uint64_t span = (LastElement(tensor) + 1) * item;
    ZOO_RETURN_IF_ERROR(CheckSpan(contents, tensor, span));
    std::vector<std::byte> range(span);
    StorageCopy copy{tensor.storage, start, range};
    ZOO_RETURN_IF_ERROR(CopyStorages(contents, std::span(&copy, 1), 1));
    Gather(tensor, range.data(), values.data());
  }
  Resolve(tensor, values);
  return values;
}

}  // namespace zoo
