#include "zoo/checkpoint/tensor_values.h"

#include <fmt/format.h>

#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/copy.h"
#include "zoo/checkpoint/row_major.h"

namespace zoo {
namespace {

Error Unsupported(const FileContents& contents, const TensorInfo& tensor, std::string what) {
  return {ErrorCode::kUnsupported,
          fmt::format("{}: {}{}{}", contents.file->name(), FormatPath(tensor.path),
                      tensor.path.empty() ? "" : ": ", what),
          ""};
}

// Bytes of the storage that a view spans are read in one go: no more of them than of values. Those
// of a deflated storage may be far more than the file has.
Status CheckSpan(const FileContents& contents, const TensorInfo& tensor, uint64_t span) {
  uint64_t limit = MaterialiseLimit(contents.options.limits, contents.bytes());
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
  uint64_t limit = MaterialiseLimit(contents.options.limits, contents.bytes());
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
    uint64_t span = (LastElement(tensor.shape, tensor.stride) + 1) * item;
    ZOO_RETURN_IF_ERROR(CheckSpan(contents, tensor, span));
    std::vector<std::byte> range(span);
    StorageCopy copy{tensor.storage, start, range};
    ZOO_RETURN_IF_ERROR(CopyStorages(contents, std::span(&copy, 1), 1));
    Gather(tensor.shape, tensor.stride, item, range.data(), values.data());
  }
  if (tensor.conj) Conjugate(tensor.dtype, values);
  if (tensor.neg) Negate(tensor.dtype, values);
  return values;
}

}  // namespace zoo
