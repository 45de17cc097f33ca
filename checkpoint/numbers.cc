#include "zoo/checkpoint/numbers.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <type_traits>

namespace zoo {
namespace {

static_assert(std::endian::native == std::endian::little);

template <typename T>
T Load(const std::byte* elements, uint64_t index) {
  T value;
  std::memcpy(&value, elements + index * sizeof value, sizeof value);
  return value;
}

template <typename T>
Number ReadPlain(const std::byte* elements, uint64_t index) {
  return {static_cast<Real>(Load<T>(elements, index)), 0};
}

Number ReadBool(const std::byte* elements, uint64_t index) {
  return {elements[index] == std::byte{0} ? Real{0} : Real{1}, 0};
}

// A float16's bits lie in a float32 ten bits of exponent too low; infinities, NaN and subnormals
// are corrected.
float FromHalf(uint16_t half) {
  constexpr uint32_t kExponent = 0x7c00 << 13;
  uint32_t bits = static_cast<uint32_t>(half & 0x7fff) << 13;
  uint32_t exponent = bits & kExponent;
  bits += (127 - 15) << 23;
  if (exponent == kExponent) bits += (128 - 16) << 23;
  float value = std::bit_cast<float>(bits);
  if (exponent == 0) value = std::bit_cast<float>(bits + (1 << 23)) - 0x1p-14f;
  return half & 0x8000 ? -value : value;
}

uint16_t ToHalf(float value) {
  constexpr uint32_t kInfinity = 0x7f800000, kTooLarge = 0x47800000, kLeastNormal = 0x38800000;
  uint32_t bits = std::bit_cast<uint32_t>(value);
  auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  bits &= 0x7fffffff;
  if (bits > kInfinity) return sign | 0x7e00;
  if (bits >= kTooLarge) return sign | 0x7c00;
  if (bits < kLeastNormal) {
    // The addition rounds: the last bit of a float32 near 0.5 is the least subnormal float16.
    uint32_t sum = std::bit_cast<uint32_t>(std::bit_cast<float>(bits) + 0.5f);
    return static_cast<uint16_t>(sign | (sum - std::bit_cast<uint32_t>(0.5f)));
  }
  bits += 0xfff + (bits >> 13 & 1) - ((127 - 15) << 23);
  return static_cast<uint16_t>(sign | bits >> 13);
}

float FromBFloat16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

uint16_t ToBFloat16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) return static_cast<uint16_t>((bits >> 16 & 0x8000) | 0x7fc0);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

Number ReadHalf(const std::byte* elements, uint64_t index) {
  return {FromHalf(Load<uint16_t>(elements, index)), 0};
}
Number ReadBFloat16(const std::byte* elements, uint64_t index) {
  return {FromBFloat16(Load<uint16_t>(elements, index)), 0};
}

template <typename T>
Number ReadComplex(const std::byte* elements, uint64_t index) {
  return {Load<T>(elements, 2 * index), Load<T>(elements, 2 * index + 1)};
}
Number ReadComplexHalf(const std::byte* elements, uint64_t index) {
  return {FromHalf(Load<uint16_t>(elements, 2 * index)),
          FromHalf(Load<uint16_t>(elements, 2 * index + 1))};
}
Number ReadComplexBFloat16(const std::byte* elements, uint64_t index) {
  return {FromBFloat16(Load<uint16_t>(elements, 2 * index)),
          FromBFloat16(Load<uint16_t>(elements, 2 * index + 1))};
}

// How the 8-bit floating types use their codes for what is no number.
enum class Special : uint8_t {
  kIeee,      // the highest exponent: infinity, NaN
  kAllOnes,   // the highest exponent and fraction: NaN
  kMinusZero  // the sign alone: NaN
};

template <int kFraction, int kBias, Special kSpecial>
Number ReadFloat8(const std::byte* elements, uint64_t index) {
  constexpr int kExponents = 1 << (7 - kFraction), kFractions = 1 << kFraction;
  int code = std::to_integer<int>(elements[index]);
  int sign = code & 0x80, exponent = (code & 0x7f) >> kFraction, fraction = code % kFractions;
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  Real value;
  if (kSpecial == Special::kMinusZero && code == 0x80) return {nan, 0};
  if (kSpecial == Special::kAllOnes && (code & 0x7f) == 0x7f) return {nan, 0};
  if (kSpecial == Special::kIeee && exponent == kExponents - 1) {
    if (fraction != 0) return {nan, 0};
    value = std::numeric_limits<Real>::infinity();
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<Real>(fraction), 1 - kBias - kFraction);
  } else {
    value = std::ldexp(static_cast<Real>(kFractions + fraction), exponent - kBias - kFraction);
  }
  return {sign ? -value : value, 0};
}

Number ReadPowerOfTwo(const std::byte* elements, uint64_t index) {
  int code = std::to_integer<int>(elements[index]);
  if (code == 0xff) return {std::numeric_limits<Real>::quiet_NaN(), 0};
  return {std::ldexp(Real{1}, code - 127), 0};
}

template <int kBits>
Number ReadPacked(const std::byte* elements, uint64_t index) {
  constexpr int kPerByte = 8 / kBits;
  int byte = std::to_integer<int>(elements[index / kPerByte]);
  return {static_cast<Real>(byte >> index % kPerByte * kBits & ((1 << kBits) - 1)), 0};
}

struct Row {
  DType dtype;
  NumberReader read;
};

// In the order of the enumeration.
constexpr Row kRows[] = {
    {DType::kFloat32, ReadPlain<float>},
    {DType::kFloat64, ReadPlain<double>},
    {DType::kFloat16, ReadHalf},
    {DType::kBFloat16, ReadBFloat16},
    {DType::kUint8, ReadPlain<uint8_t>},
    {DType::kInt8, ReadPlain<int8_t>},
    {DType::kInt16, ReadPlain<int16_t>},
    {DType::kInt32, ReadPlain<int32_t>},
    {DType::kInt64, ReadPlain<int64_t>},
    {DType::kBool, ReadBool},
    {DType::kUint16, ReadPlain<uint16_t>},
    {DType::kUint32, ReadPlain<uint32_t>},
    {DType::kUint64, ReadPlain<uint64_t>},
    {DType::kComplex32, ReadComplexHalf},
    {DType::kComplex64, ReadComplex<float>},
    {DType::kComplex128, ReadComplex<double>},
    {DType::kBComplex32, ReadComplexBFloat16},
    {DType::kFloat8E4M3FN, ReadFloat8<3, 7, Special::kAllOnes>},
    {DType::kFloat8E5M2, ReadFloat8<2, 15, Special::kIeee>},
    {DType::kFloat8E4M3FNUZ, ReadFloat8<3, 8, Special::kMinusZero>},
    {DType::kFloat8E5M2FNUZ, ReadFloat8<2, 16, Special::kMinusZero>},
    {DType::kFloat8E8M0FNU, ReadPowerOfTwo},
    {DType::kFloat4E2M1FNx2, nullptr},
    {DType::kQInt8, ReadPlain<int8_t>},
    {DType::kQUInt8, ReadPlain<uint8_t>},
    {DType::kQInt32, ReadPlain<int32_t>},
    {DType::kQUInt4x2, ReadPacked<4>},
    {DType::kQUInt2x4, ReadPacked<2>},
    {DType::kBits1x8, nullptr},
    {DType::kBits2x4, nullptr},
    {DType::kBits4x2, nullptr},
    {DType::kBits8, nullptr},
    {DType::kBits16, nullptr},
    {DType::kFloat6E2M3FN, nullptr},
    {DType::kFloat6E3M2FN, nullptr},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<size_t>(kRows[i].dtype) != i) return false;
  }
  return static_cast<size_t>(DType::kFloat6E3M2FN) + 1 == std::size(kRows);
}
static_assert(InOrder());

// A castable type: what its elements are in memory, and the way by float.
template <typename T, float (*kFrom)(T), T (*kTo)(float)>
struct Castable {
  using Element = T;
  static float From(T element) { return kFrom(element); }
  static T To(float value) { return kTo(value); }
};
using Single = Castable<float, [](float v) { return v; }, [](float v) { return v; }>;
using Double = Castable<double, [](double v) { return static_cast<float>(v); },
                        [](float v) { return static_cast<double>(v); }>;
using Half = Castable<uint16_t, FromHalf, ToHalf>;
using Brain = Castable<uint16_t, FromBFloat16, ToBFloat16>;

template <typename From, typename To>
uint64_t Cast(ByteView elements, std::span<std::byte> into) {
  uint64_t overflowed = 0;
  uint64_t count = elements.size() / sizeof(typename From::Element);
  for (uint64_t i = 0; i < count; ++i) {
    auto element = Load<typename From::Element>(elements.data(), i);
    typename To::Element made = To::To(From::From(element));
    if constexpr (std::is_same_v<From, Double>) {
      overflowed += std::isfinite(element) && std::isinf(To::From(made));
    } else {
      overflowed += std::isfinite(From::From(element)) && std::isinf(To::From(made));
    }
    std::memcpy(into.data() + i * sizeof made, &made, sizeof made);
  }
  return overflowed;
}

struct CastRow {
  DType from, to;
  uint64_t (*cast)(ByteView elements, std::span<std::byte> into);
};
constexpr CastRow kCasts[] = {
    {DType::kFloat32, DType::kFloat64, Cast<Single, Double>},
    {DType::kFloat32, DType::kFloat16, Cast<Single, Half>},
    {DType::kFloat32, DType::kBFloat16, Cast<Single, Brain>},
    {DType::kFloat64, DType::kFloat32, Cast<Double, Single>},
    {DType::kFloat64, DType::kFloat16, Cast<Double, Half>},
    {DType::kFloat64, DType::kBFloat16, Cast<Double, Brain>},
    {DType::kFloat16, DType::kFloat32, Cast<Half, Single>},
    {DType::kFloat16, DType::kFloat64, Cast<Half, Double>},
    {DType::kFloat16, DType::kBFloat16, Cast<Half, Brain>},
    {DType::kBFloat16, DType::kFloat32, Cast<Brain, Single>},
    {DType::kBFloat16, DType::kFloat64, Cast<Brain, Double>},
    {DType::kBFloat16, DType::kFloat16, Cast<Brain, Half>},
};

}  // namespace

NumberReader NumberReaderOf(DType dtype) { return kRows[static_cast<size_t>(dtype)].read; }

bool IsCastable(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat64 || dtype == DType::kFloat16 ||
         dtype == DType::kBFloat16;
}

uint64_t CastElements(DType from, ByteView elements, DType to, std::span<std::byte> into) {
  for (const CastRow& row : kCasts) {
    if (row.from == from && row.to == to) return row.cast(elements, into);
  }
  std::memcpy(into.data(), elements.data(), elements.size());
  return 0;
}

}  // namespace zoo
