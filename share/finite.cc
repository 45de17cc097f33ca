#include "zoo/share/finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/numbers.h"

namespace zoo {
namespace {

// The bits of the exponent, all of which are set in what is not finite. Of complex types, of each
// of the two parts.
struct FloatBits {
  DType dtype;
  uint64_t bytes;
  uint64_t exponent;
};
constexpr FloatBits kFloats[] = {
    {DType::kFloat32, 4, 0x7f800000},
    {DType::kFloat64, 8, 0x7ff0000000000000},
    {DType::kFloat16, 2, 0x7c00},
    {DType::kBFloat16, 2, 0x7f80},
    {DType::kComplex32, 2, 0x7c00},
    {DType::kComplex64, 4, 0x7f800000},
    {DType::kComplex128, 8, 0x7ff0000000000000},
};

template <typename Bits>
std::optional<uint64_t> FirstWith(ByteView values, uint64_t exponent) {
  const Bits mask = static_cast<Bits>(exponent);
  for (size_t at = 0; at + sizeof(Bits) <= values.size(); at += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, values.data() + at, sizeof bits);
    if ((bits & mask) == mask) return at / sizeof(Bits);
  }
  return std::nullopt;
}

// Of the types that are none of the above, the floats of eight bits and fewer.
std::optional<uint64_t> FirstOfOthers(DType dtype, ByteView values) {
  const NumberReader read = NumberReaderOf(dtype);
  if (read == nullptr) return std::nullopt;
  const uint64_t count = values.size() / ItemSize(dtype) * ElementsPerItem(dtype);
  for (uint64_t i = 0; i < count; ++i) {
    const Number number = read(values.data(), i);
    if (!std::isfinite(number.real) || !std::isfinite(number.imaginary)) return i;
  }
  return std::nullopt;
}

std::optional<uint64_t> FirstNotFinite(DType dtype, ByteView values) {
  const auto row = std::ranges::find(kFloats, dtype, &FloatBits::dtype);
  if (row == std::end(kFloats)) return FirstOfOthers(dtype, values);
  const auto first = row->bytes == 2   ? FirstWith<uint16_t>(values, row->exponent)
                     : row->bytes == 4 ? FirstWith<uint32_t>(values, row->exponent)
                                       : FirstWith<uint64_t>(values, row->exponent);
  if (!first) return std::nullopt;
  return IsComplex(dtype) ? *first / 2 : *first;
}

}  // namespace

std::string NotFinite::Text() const {
  const std::string first = fmt::format("{}[{}] is not a finite number", Escape(name), index);
  return tensors == 1
             ? first
             : fmt::format("{}, nor are others in {}", first, Count(tensors - 1, "more tensor"));
}

Result<std::optional<NotFinite>> FindNotFinite(const Checkpoint& checkpoint,
                                               const StateDict& weights, CancelToken cancel) {
  std::optional<NotFinite> found;
  for (const StateDict::Item& item : weights.tensors) {
    const TensorInfo& tensor = checkpoint.tensors()[item.tensor];
    const bool plain = tensor.layout == Layout::kStrided && tensor.quantization == nullptr;
    if (!plain || (!IsFloating(tensor.dtype) && !IsComplex(tensor.dtype))) continue;
    if (cancel.cancelled()) return Error{ErrorCode::kCancelled, "publishing was cancelled", ""};
    ZOO_ASSIGN_OR_RETURN(const std::vector<std::byte> values, checkpoint.Values(tensor));
    const auto first = FirstNotFinite(tensor.dtype, values);
    if (!first) continue;
    if (!found) found = NotFinite{.name = item.name, .index = *first};
    ++found->tensors;
  }
  return found;
}

}  // namespace zoo
