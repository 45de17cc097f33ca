#include "zoo/checkpoint/limits.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace zoo {
namespace {

TEST(Limits, AreAllInTheTable) {
  std::set<std::string_view> names;
  for (const LimitRow& row : LimitTable()) {
    names.insert(row.name);
    EXPECT_FALSE(row.reason.empty());
  }
  EXPECT_EQ(names.size() * sizeof(uint64_t), sizeof(Limits));
}

TEST(Limits, AreSetByName) {
  Limits limits;
  ASSERT_TRUE(SetLimit(limits, "rank", 3));
  EXPECT_EQ(limits.rank, 3u);
  EXPECT_EQ(SetLimit(limits, "dept", 3).error().Text(),
            "no limit is named \"dept\"; did you mean \"depth\"?");
}

TEST(Limits, MaterialiseFollowsTheFile) {
  Limits limits;
  EXPECT_EQ(MaterialiseLimit(limits, 1), uint64_t{64} << 20);
  EXPECT_EQ(MaterialiseLimit(limits, uint64_t{1} << 30), uint64_t{16} << 30);
  EXPECT_EQ(MaterialiseLimit(limits, UINT64_MAX), UINT64_MAX);
  limits.materialise = 5;
  EXPECT_EQ(MaterialiseLimit(limits, 1), 5u);
}

}  // namespace
}  // namespace zoo
