#include "zoo/runs/utc_time.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace zoo {
namespace {

TEST(UtcTime, BothWays) {
  const struct {
    int64_t seconds;
    const char* text;
  } kRows[] = {
      {0, "1970-01-01T00:00:00Z"},
      {1795534200, "2026-11-24T15:30:00Z"},
      {951782400, "2000-02-29T00:00:00Z"},
      {-1, "1969-12-31T23:59:59Z"},
      {253402300799, "9999-12-31T23:59:59Z"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(FormatUtc(row.seconds), row.text);
    EXPECT_EQ(ParseUtc(row.text), row.seconds);
  }
}

TEST(UtcTime, Beyond) {
  EXPECT_EQ(FormatUtc(253402300800), "");
  EXPECT_EQ(FormatUtc(INT64_MAX), "");
  EXPECT_EQ(FormatUtc(INT64_MIN), "");
}

TEST(UtcTime, WhatIsNoMoment) {
  for (const char* text :
       {"", "2026-11-24", "2026-11-24T15:30:00", "2026-11-24 15:30:00Z", "2026-11-24T15:30:00Zx",
        "2026-11-24T15:30:00+01:00", "2026-02-31T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-24T24:00:00Z", "26-11-24T15:30:00Z", " 2026-11-24T15:30:00Z",
        "2026-1-24T15:30:00Z", "now"}) {
    EXPECT_EQ(ParseUtc(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace zoo
