#include "zoo/checkpoint/compare_values.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/numbers.h"

namespace zoo {
namespace {

// Elements read at a time: two runs of them stay in the second-level cache.
constexpr uint64_t kStep = 16 << 10;

bool IsPacked(DType dtype) { return ElementsPerItem(dtype) > 1; }

// The values of one side, whole or a piece at a time.
class Values {
 public:
  explicit Values(const ComparedSide& side) : side_(side) {}

  // Elements [first, first + count), valid until the next call. Of packed types all bytes.
  Result<ByteView> Read(uint64_t first, uint64_t count) {
    const TensorInfo& tensor = *side_.tensor;
    const uint64_t item = ItemSize(tensor.dtype);
    if (!side_.streams()) {
      if (bytes_.empty()) {
        ZOO_ASSIGN_OR_RETURN(bytes_, side_.checkpoint->Values(tensor));
      }
      return IsPacked(tensor.dtype) ? ByteView(bytes_)
                                    : ByteView(bytes_).subspan(first * item, count * item);
    }
    uint64_t offset = (static_cast<uint64_t>(tensor.storage_offset) + first) * item;
    if (ByteView mapped = side_.checkpoint->StorageView(tensor.storage);
        offset + count * item <= mapped.size()) {
      return mapped.subspan(offset, count * item);
    }
    bytes_.resize(count * item);
    StorageCopy copy{tensor.storage, offset, bytes_};
    ZOO_RETURN_IF_ERROR(side_.checkpoint->Copy(std::span(&copy, 1), 1));
    return ByteView(bytes_);
  }

 private:
  const ComparedSide& side_;
  std::vector<std::byte> bytes_;
};

class Comparison {
 public:
  Comparison(DType a, DType b, const CompareOptions& options)
      : a_(a), b_(b), options_(options), read_a_(NumberReaderOf(a)), read_b_(NumberReaderOf(b)) {
    exact_ = a == b && options.tolerance == 0 && options.relative_tolerance == 0;
  }

  // `count` elements of both; the first one's index is `base`.
  void Add(ByteView a, ByteView b, uint64_t base, uint64_t count) {
    found_.elements += count;
    if (a_ == b_ && a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0) return;
    for (uint64_t i = 0; i < count; ++i) {
      if (a_ == b_ && SameBits(a, b, i)) continue;
      if (read_a_ == nullptr || read_b_ == nullptr) {
        Differs(base + i);
      } else {
        AddNumbers(read_a_(a.data(), i), read_b_(b.data(), i), base + i);
      }
    }
  }

  const ComparedRun& found() const { return found_; }

 private:
  bool SameBits(ByteView a, ByteView b, uint64_t i) const {
    if (IsPacked(a_) && read_a_ != nullptr) {
      return read_a_(a.data(), i).real == read_b_(b.data(), i).real;
    }
    if (a_ == DType::kBool) return (a[i] == std::byte{0}) == (b[i] == std::byte{0});
    const uint64_t item = ItemSize(a_);
    const uint64_t at = i / static_cast<uint64_t>(ElementsPerItem(a_)) * item;
    return std::memcmp(a.data() + at, b.data() + at, item) == 0;
  }

  void Differs(uint64_t index) {
    ++found_.differing;
    if (!found_.first) found_.first = index;
  }

  void AddNumbers(const Number& a, const Number& b, uint64_t index) {
    bool nan_a = std::isnan(a.real) || std::isnan(a.imaginary);
    bool nan_b = std::isnan(b.real) || std::isnan(b.imaginary);
    if (nan_a || nan_b) {
      if (nan_a && nan_b && !exact_) return;
      ++found_.nan;
      return Differs(index);
    }
    bool equal = a.real == b.real && a.imaginary == b.imaginary;
    if (equal && !exact_) return;
    Real distance = equal ? 0 : Distance(a, b);
    Real size = std::max(Magnitude(a.real, a.imaginary), Magnitude(b.real, b.imaginary));
    if (!exact_ && (distance <= options_.tolerance ||
                    (std::isfinite(size) && distance <= options_.relative_tolerance * size))) {
      return;
    }
    Real relative = distance == 0 ? 0 : std::isfinite(size) ? distance / size : distance;
    found_.max_abs = std::max(found_.max_abs, static_cast<double>(distance));
    found_.max_relative = std::max(found_.max_relative, static_cast<double>(relative));
    Differs(index);
  }

  static Real Distance(const Number& a, const Number& b) {
    Real real = a.real == b.real ? 0 : a.real - b.real;
    Real imaginary = a.imaginary == b.imaginary ? 0 : a.imaginary - b.imaginary;
    return Magnitude(real, imaginary);
  }
  static Real Magnitude(Real real, Real imaginary) {
    return imaginary == 0 ? std::fabs(real) : std::hypot(real, imaginary);
  }

  DType a_, b_;
  const CompareOptions& options_;
  NumberReader read_a_, read_b_;
  bool exact_;
  ComparedRun found_;
};

}  // namespace

bool ComparedSide::streams() const {
  return tensor->contiguous() && !tensor->conj && !tensor->neg && !IsPacked(tensor->dtype) &&
         checkpoint->storages()[tensor->storage].mapped;
}

void ComparedRun::Merge(const ComparedRun& next) {
  elements += next.elements;
  differing += next.differing;
  nan += next.nan;
  max_abs = std::max(max_abs, next.max_abs);
  max_relative = std::max(max_relative, next.max_relative);
  if (!first) first = next.first;
}

Result<ComparedRun> CompareRun(const ComparedSide& a, const ComparedSide& b, uint64_t first,
                               uint64_t count, const CompareOptions& options) {
  Comparison comparison(a.tensor->dtype, b.tensor->dtype, options);
  Values values_a(a), values_b(b);
  bool packed = IsPacked(a.tensor->dtype) || IsPacked(b.tensor->dtype);
  const uint64_t step = packed ? std::max<uint64_t>(count, 1) : kStep;
  for (uint64_t at = first; at < first + count; at += step) {
    if (options.cancel.cancelled()) return Error{ErrorCode::kCancelled, "cancelled", ""};
    uint64_t size = std::min(step, first + count - at);
    ZOO_ASSIGN_OR_RETURN(ByteView bytes_a, values_a.Read(at, size));
    ZOO_ASSIGN_OR_RETURN(ByteView bytes_b, values_b.Read(at, size));
    comparison.Add(bytes_a, bytes_b, at, size);
  }
  return comparison.found();
}

}  // namespace zoo
