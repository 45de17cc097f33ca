#include "zoo/checkpoint/cursor.h"

#include <gtest/gtest.h>

namespace zoo {
namespace {

TEST(Cursor, ReadsLittleEndianFields) {
  Cursor in(AsBytes("\1\2\3\4\5line\nrest"), 100);
  EXPECT_EQ(in.U8(), 1);
  EXPECT_EQ(in.U32(), 0x05040302u);
  EXPECT_EQ(in.Line(), "line");
  EXPECT_EQ(in.offset(), 110u);
  EXPECT_EQ(AsText(in.Take(4)), "rest");
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(Cursor, LatchesItsFirstFailure) {
  Cursor in(AsBytes("abc"), 7);
  EXPECT_EQ(in.U32(), 0u);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.U8(), 0);  // would fit
  EXPECT_TRUE(in.Take(1).empty());
  EXPECT_EQ(in.offset(), 7u);
}

TEST(Cursor, ComparesHugeLengths) {
  Cursor in(AsBytes("abc"));
  EXPECT_TRUE(in.Take(UINT64_MAX).empty());
  EXPECT_FALSE(in.ok());
  Cursor line(AsBytes("abc"));
  EXPECT_EQ(line.Line(), "");
  EXPECT_FALSE(line.ok());
}

}  // namespace
}  // namespace zoo
