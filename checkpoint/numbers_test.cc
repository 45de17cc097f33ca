#include "zoo/checkpoint/numbers.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace zoo {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Row {
  DType dtype;
  uint64_t bits;
  double value;
};

// By the definitions of the types.
const Row kRows[] = {
    {DType::kFloat32, 0x3fc00000, 1.5},
    {DType::kFloat64, 0x3ff8000000000000, 1.5},
    {DType::kFloat16, 0x3e00, 1.5},
    {DType::kFloat16, 0x0001, 0x1p-24},
    {DType::kFloat16, 0x83ff, -0x1.ff8p-15},
    {DType::kFloat16, 0x7bff, 65504},
    {DType::kFloat16, 0xfc00, -kInf},
    {DType::kFloat16, 0x7c01, kNaN},
    {DType::kBFloat16, 0x3fc0, 1.5},
    {DType::kBFloat16, 0xff80, -kInf},
    {DType::kUint8, 0xff, 255},
    {DType::kInt8, 0xff, -1},
    {DType::kInt16, 0x8000, -32768},
    {DType::kInt32, 0x80000000, -2147483648.0},
    {DType::kBool, 2, 1},
    {DType::kUint16, 0xffff, 65535},
    {DType::kUint32, 0xffffffff, 4294967295.0},
    {DType::kFloat8E4M3FN, 0x38, 1},
    {DType::kFloat8E4M3FN, 0x7e, 448},
    {DType::kFloat8E4M3FN, 0x01, 0x1p-9},
    {DType::kFloat8E4M3FN, 0xff, kNaN},
    {DType::kFloat8E5M2, 0x3c, 1},
    {DType::kFloat8E5M2, 0x7b, 57344},
    {DType::kFloat8E5M2, 0xfc, -kInf},
    {DType::kFloat8E5M2, 0x7d, kNaN},
    {DType::kFloat8E5M2, 0x01, 0x1p-16},
    {DType::kFloat8E4M3FNUZ, 0x40, 1},
    {DType::kFloat8E4M3FNUZ, 0x7f, 240},
    {DType::kFloat8E4M3FNUZ, 0x80, kNaN},
    {DType::kFloat8E5M2FNUZ, 0x40, 1},
    {DType::kFloat8E5M2FNUZ, 0xff, -57344},
    {DType::kFloat8E5M2FNUZ, 0x80, kNaN},
    {DType::kFloat8E8M0FNU, 127, 1},
    {DType::kFloat8E8M0FNU, 0, 0x1p-127},
    {DType::kFloat8E8M0FNU, 0xff, kNaN},
    {DType::kQInt8, 0x80, -128},
    {DType::kQUInt8, 0x80, 128},
    {DType::kQInt32, 0xfffffffe, -2},
};

TEST(NumberReaderOf, ReadsEachType) {
  for (const Row& row : kRows) {
    std::vector<std::byte> bytes(2 * ItemSize(row.dtype));
    std::memcpy(bytes.data() + ItemSize(row.dtype), &row.bits, ItemSize(row.dtype));
    Number number = NumberReaderOf(row.dtype)(bytes.data(), 1);
    SCOPED_TRACE(std::string(DTypeName(row.dtype)) + " " + std::to_string(row.bits));
    if (std::isnan(row.value)) {
      EXPECT_TRUE(std::isnan(number.real));
    } else {
      EXPECT_EQ(number.real, static_cast<Real>(row.value));
    }
    EXPECT_EQ(number.imaginary, 0);
  }
}

TEST(NumberReaderOf, LosesNothingOfLongIntegers) {
  const uint64_t pair[] = {UINT64_MAX, UINT64_MAX - 1};
  const int64_t signed_pair[] = {INT64_MAX, INT64_MIN + 1};
  auto bytes = [](auto& array) { return std::as_bytes(std::span(array)).data(); };
  NumberReader read = NumberReaderOf(DType::kUint64);
  EXPECT_EQ(read(bytes(pair), 0).real - read(bytes(pair), 1).real, 1);
  EXPECT_EQ(static_cast<int64_t>(NumberReaderOf(DType::kInt64)(bytes(signed_pair), 0).real),
            INT64_MAX);
  EXPECT_EQ(static_cast<int64_t>(NumberReaderOf(DType::kInt64)(bytes(signed_pair), 1).real),
            INT64_MIN + 1);
}

TEST(NumberReaderOf, ReadsComplexAndPackedTypes) {
  const uint16_t halves[] = {0, 0, 0x3c00, 0xc000};  // 0, 1 - 2j
  Number number = NumberReaderOf(DType::kComplex32)(std::as_bytes(std::span(halves)).data(), 1);
  EXPECT_EQ(number.real, 1);
  EXPECT_EQ(number.imaginary, -2);
  const std::byte packed[] = {std::byte{0x21}, std::byte{0xe4}};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(NumberReaderOf(DType::kQUInt4x2)(packed, static_cast<uint64_t>(i)).real,
              (std::vector{1, 2, 4, 14}[static_cast<size_t>(i)]));
    EXPECT_EQ(NumberReaderOf(DType::kQUInt2x4)(packed, static_cast<uint64_t>(4 + i)).real,
              (std::vector{0, 1, 2, 3}[static_cast<size_t>(i)]));
  }
  EXPECT_EQ(NumberReaderOf(DType::kBits8), nullptr);
  EXPECT_EQ(NumberReaderOf(DType::kFloat4E2M1FNx2), nullptr);
}

uint64_t CastBits(DType from, uint64_t bits, DType to, uint64_t& overflowed) {
  uint64_t made = 0;
  overflowed = CastElements(from, std::as_bytes(std::span(&bits, 1)).first(ItemSize(from)), to,
                            std::as_writable_bytes(std::span(&made, 1)).first(ItemSize(to)));
  return made;
}

TEST(CastElements, RoundsToTheNearestEven) {
  struct CastRow {
    float value;
    DType to;
    uint64_t bits, overflowed;
  };
  const float inf = std::numeric_limits<float>::infinity();
  const CastRow kCasts[] = {
      {1.5f, DType::kFloat16, 0x3e00, 0},
      {-0.f, DType::kFloat16, 0x8000, 0},
      {1 + 0x1p-11f, DType::kFloat16, 0x3c00, 0},
      {1 + 0x3p-11f, DType::kFloat16, 0x3c02, 0},
      {65519.f, DType::kFloat16, 0x7bff, 0},
      {65520.f, DType::kFloat16, 0x7c00, 1},
      {-1e30f, DType::kFloat16, 0xfc00, 1},
      {inf, DType::kFloat16, 0x7c00, 0},
      {std::nanf(""), DType::kFloat16, 0x7e00, 0},
      {0x1p-14f, DType::kFloat16, 0x0400, 0},
      {0x1p-24f, DType::kFloat16, 0x0001, 0},
      {0x1p-25f, DType::kFloat16, 0x0000, 0},
      {0x1.8p-24f, DType::kFloat16, 0x0002, 0},
      {0x1.ffcp-15f, DType::kFloat16, 0x0400, 0},
      {1.5f, DType::kBFloat16, 0x3fc0, 0},
      {1 + 0x1p-8f, DType::kBFloat16, 0x3f80, 0},
      {1 + 0x3p-8f, DType::kBFloat16, 0x3f82, 0},
      {0x1.fffffep127f, DType::kBFloat16, 0x7f80, 1},
      {-std::nanf(""), DType::kBFloat16, 0xffc0, 0},
  };
  for (const CastRow& row : kCasts) {
    uint64_t overflowed;
    EXPECT_EQ(CastBits(DType::kFloat32, std::bit_cast<uint32_t>(row.value), row.to, overflowed),
              row.bits)
        << row.value;
    EXPECT_EQ(overflowed, row.overflowed) << row.value;
  }
  uint64_t overflowed;
  EXPECT_EQ(CastBits(DType::kFloat64, std::bit_cast<uint64_t>(1e300), DType::kFloat32, overflowed),
            0x7f800000u);
  EXPECT_EQ(overflowed, 1u);
}

TEST(CastElements, EveryFloat16SurvivesFloat32) {
  for (DType dtype : {DType::kFloat16, DType::kBFloat16}) {
    for (uint64_t bits = 0; bits < 0x10000; ++bits) {
      std::byte bytes[2] = {static_cast<std::byte>(bits), static_cast<std::byte>(bits >> 8)};
      if (std::isnan(NumberReaderOf(dtype)(bytes, 0).real)) continue;
      uint64_t overflowed;
      uint64_t wide = CastBits(dtype, bits, DType::kFloat32, overflowed);
      ASSERT_EQ(CastBits(DType::kFloat32, wide, dtype, overflowed), bits);
      ASSERT_EQ(overflowed, 0u);
    }
  }
}

TEST(CastElements, CastsFourTypes) {
  size_t castable = 0;
  for (int i = 0; i <= static_cast<int>(DType::kBits16); ++i) {
    castable += IsCastable(static_cast<DType>(i));
  }
  EXPECT_EQ(castable, 4u);
}

}  // namespace
}  // namespace zoo
