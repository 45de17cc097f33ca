#include "zoo/base/bytes.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "zoo/base/result.h"
#include "zoo/tests/support/print_error.h"

namespace zoo {
namespace {

constexpr uint64_t kMax = UINT64_MAX;

TEST(Bytes, CheckedArithmetic) {
  EXPECT_EQ(CheckedAdd(kMax - 1, 1), kMax);
  EXPECT_EQ(CheckedAdd(kMax, 0), kMax);
  EXPECT_EQ(CheckedAdd(kMax, 1), std::nullopt);
  EXPECT_EQ(CheckedAdd(uint64_t{1} << 63, uint64_t{1} << 63), std::nullopt);
  EXPECT_EQ(CheckedMultiply(kMax, 1), kMax);
  EXPECT_EQ(CheckedMultiply(kMax, 0), 0u);
  EXPECT_EQ(CheckedMultiply(uint64_t{1} << 32, (uint64_t{1} << 32) - 1), kMax - 0xffffffff);
  EXPECT_EQ(CheckedMultiply(uint64_t{1} << 32, uint64_t{1} << 32), std::nullopt);
  EXPECT_EQ(CheckedMultiply(kMax / 2, 3), std::nullopt);
}

TEST(Bytes, FormatSize) {
  const struct {
    uint64_t bytes;
    std::string text;
  } rows[] = {
      {0, "0 B"},
      {1, "1 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1536, "1.5 KiB"},
      {1048524, "1023.9 KiB"},
      {1048525, "1.0 MiB"},  // not 1024.0 KiB
      {1048576, "1.0 MiB"},
      {18845184, "18.0 MiB"},
      {1073741823, "1.0 GiB"},
      {uint64_t{3} << 40, "3.0 TiB"},
      {kMax, "16777216.0 TiB"},
  };
  for (const auto& row : rows) EXPECT_EQ(FormatSize(row.bytes), row.text);
}

TEST(Bytes, ParseSize) {
  const struct {
    std::string text;
    uint64_t bytes;
  } rows[] = {
      {"0", 0},
      {"1048576", 1048576},
      {"12B", 12},
      {"12 B", 12},
      {"512 KiB", 524288},
      {"512KiB", 524288},
      {"64MiB", 67108864},
      {"2G", 2147483648},
      {"2GB", 2147483648},
      {"1 T", uint64_t{1} << 40},
      {"18446744073709551615", kMax},
      {"16777215T", kMax - (uint64_t{1} << 40) + 1},
  };
  for (const auto& row : rows) {
    auto bytes = ParseSize(row.text);
    ASSERT_TRUE(bytes) << bytes.error().Text();
    EXPECT_EQ(*bytes, row.bytes) << row.text;
  }
}

TEST(Bytes, WhatIsNoSize) {
  const struct {
    std::string text, quoted;
  } rows[] = {
      {"", "\"\""},
      {" 1", "\" 1\""},
      {"1 ", "\"1 \""},
      {"1  K", "\"1  K\""},
      {"-1", "\"-1\""},
      {"+1", "\"+1\""},
      {"1.5G", "\"1.5G\""},
      {"1k", "\"1k\""},
      {"1KiBs", "\"1KiBs\""},
      {"1E", "\"1E\""},
      {"K", "\"K\""},
      {"0x10", "\"0x10\""},
      {"18446744073709551616", "\"18446744073709551616\""},
      {"16777216T", "\"16777216T\""},
      {"\x1b[2J", "\"\\x1b[2J\""},
  };
  for (const auto& row : rows) {
    auto bytes = ParseSize(row.text);
    ASSERT_FALSE(bytes) << row.text;
    EXPECT_EQ(bytes.error(), (Error{ErrorCode::kUsage, row.quoted + " is not a size",
                                    "write bytes or a unit: 1048576, 512 KiB, 64MiB, 2G"}));
  }
}

TEST(Bytes, Hex) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const std::string hex = ToHex(AsBytes(all));
  EXPECT_EQ(hex.size(), 512u);
  EXPECT_EQ(hex.substr(0, 12) + hex.substr(500), "000102030405fafbfcfdfeff");
  EXPECT_EQ(FromHex(hex), all);
  EXPECT_EQ(FromHex(""), "");
  for (const std::string bad : {"0", "abc", "0G", "AB", "a ", "0x", "\xc3\xa9"}) {
    EXPECT_EQ(FromHex(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace zoo
