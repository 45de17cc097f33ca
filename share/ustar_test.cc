#include "zoo/share/ustar.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace zoo {
namespace {

TEST(UstarTest, AHeaderByteForByte) {
  const std::string header = UstarHeader("zoo.lock", 1234);
  ASSERT_EQ(header.size(), 512u);
  std::string wanted(512, '\0');
  auto put = [&](size_t at, std::string_view text) { wanted.replace(at, text.size(), text); };
  put(0, "zoo.lock");
  put(100, "0000444");
  put(108, "0000000");
  put(116, "0000000");
  put(124, "00000002322");
  put(136, "00000000000");
  put(148, std::string_view("010663\0 ", 8));
  put(156, "0");
  put(257, std::string_view("ustar\00000", 8));
  put(329, "0000000");
  put(337, "0000000");
  EXPECT_EQ(header, wanted) << header.substr(148, 8);
}

TEST(UstarTest, EightGibAndMoreStandInAPaxHeader) {
  const uint64_t most = (uint64_t{8} << 30) - 1;
  EXPECT_EQ(UstarHeader("x", most).size(), 512u);
  EXPECT_EQ(ReadUstarClaim(UstarHeader("x", most))->size, most);
  const std::string large = UstarHeader("x", most + 1);
  ASSERT_EQ(large.size(), 3 * 512u);
  EXPECT_EQ(large[156], 'x');
  EXPECT_EQ(large.substr(512, 20), "19 size=8589934592\n" + std::string(1, '\0'));
  EXPECT_EQ(ReadUstarClaim(large.substr(1024))->name, "x");
  // The length of a record counts its own digits.
  EXPECT_EQ(UstarHeader("x", UINT64_MAX).substr(512, 30),
            "29 size=18446744073709551615\n" + std::string(1, '\0'));
}

TEST(UstarTest, PaddingFillsABlock) {
  EXPECT_EQ(UstarPadding(0), "");
  EXPECT_EQ(UstarPadding(1), std::string(511, '\0'));
  EXPECT_EQ(UstarPadding(512), "");
  EXPECT_EQ(UstarPadding(513), std::string(511, '\0'));
  EXPECT_EQ(UstarEnd(), std::string(1024, '\0'));
}

TEST(UstarTest, WhatABlockClaims) {
  std::string header = UstarHeader("blobs/x", 7);
  auto claim = ReadUstarClaim(header);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->name, "blobs/x");
  EXPECT_EQ(claim->size, 7u);
  EXPECT_EQ(claim->oddity, "");
  header[156] = '2';
  EXPECT_EQ(ReadUstarClaim(header)->oddity, "a symbolic link");
  header[156] = '?';
  EXPECT_EQ(ReadUstarClaim(header)->oddity, "of type 0x3f");
  header[124] = 'x';
  EXPECT_FALSE(ReadUstarClaim(header)->size);
  header[257] = 'U';
  EXPECT_FALSE(ReadUstarClaim(header));
  EXPECT_FALSE(ReadUstarClaim("short"));
}

}  // namespace
}  // namespace zoo
