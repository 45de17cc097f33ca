#include "zoo/server/conditions.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace zoo {
namespace {

constexpr std::string_view kTag = "\"abc\"";

struct RangeRow {
  std::string range;
  uint64_t size;
  int status;
  uint64_t offset, length;
  std::string content_range;
};

TEST(Conditions, Ranges) {
  const RangeRow rows[] = {
      {"bytes=0-9", 100, 206, 0, 10, "bytes 0-9/100"},
      {"bytes=0-0", 100, 206, 0, 1, "bytes 0-0/100"},
      {"bytes=99-", 100, 206, 99, 1, "bytes 99-99/100"},
      {"bytes=10-1000", 100, 206, 10, 90, "bytes 10-99/100"},
      {"bytes=-1", 100, 206, 99, 1, "bytes 99-99/100"},
      {"bytes=-1000", 100, 206, 0, 100, "bytes 0-99/100"},
      {" bytes= 5-6 ", 100, 206, 5, 2, "bytes 5-6/100"},
      {"bytes=0-99999999999999999999999", 100, 206, 0, 100, "bytes 0-99/100"},
      {"bytes=100-", 100, 416, 0, 0, "bytes */100"},
      {"bytes=100-200", 100, 416, 0, 0, "bytes */100"},
      {"bytes=99999999999999999999999-", 100, 416, 0, 0, "bytes */100"},
      {"bytes=-0", 100, 416, 0, 0, "bytes */100"},
      {"bytes=0-", 0, 416, 0, 0, "bytes */0"},
      {"bytes=-5", 0, 416, 0, 0, "bytes */0"},
      // As if none were asked for.
      {"", 100, 200, 0, 100, ""},
      {"bytes", 100, 200, 0, 100, ""},
      {"bytes=", 100, 200, 0, 100, ""},
      {"bytes=-", 100, 200, 0, 100, ""},
      {"bytes=9-0", 100, 200, 0, 100, ""},
      {"bytes=--5", 100, 200, 0, 100, ""},
      {"bytes=+1-5", 100, 200, 0, 100, ""},
      {"bytes=1-5-9", 100, 200, 0, 100, ""},
      {"bytes=0x1-5", 100, 200, 0, 100, ""},
      {"bytes=a-b", 100, 200, 0, 100, ""},
      {"bytes=0-1,5-6", 100, 200, 0, 100, ""},
      {"bytes=0-1, bytes=5-6", 100, 200, 0, 100, ""},
      {"lines=0-1", 100, 200, 0, 100, ""},
  };
  for (const RangeRow& row : rows) {
    const Part part = PartOf({.range = row.range}, kTag, row.size);
    EXPECT_EQ(part.status, row.status) << row.range;
    EXPECT_EQ(part.offset, row.offset) << row.range;
    EXPECT_EQ(part.length, row.length) << row.range;
    EXPECT_EQ(ContentRange(part, row.size), row.content_range) << row.range;
  }
}

struct TagRow {
  Conditions conditions;
  int status;
};

TEST(Conditions, Tags) {
  const TagRow rows[] = {
      {{}, 200},
      {{.if_match = "\"abc\""}, 200},
      {{.if_match = "*"}, 200},
      {{.if_match = "\"x\", \"abc\""}, 200},
      {{.if_match = "\"x\",\"a,b\",,\"abc\" "}, 200},
      {{.if_match = "\"x\""}, 412},
      {{.if_match = "W/\"abc\""}, 412},
      {{.if_match = "abc"}, 412},
      {{.if_match = "\"abc"}, 412},
      {{.if_match = ""}, 412},
      {{.if_none_match = "\"abc\""}, 304},
      {{.if_none_match = "W/\"abc\""}, 304},
      {{.if_none_match = "*"}, 304},
      {{.if_none_match = "\"x\""}, 200},
      {{.if_none_match = "nonsense"}, 200},
      {{.if_match = "\"x\"", .if_none_match = "\"abc\""}, 412},
      {{.range = "bytes=1-2", .if_range = "\"abc\""}, 206},
      {{.range = "bytes=1-2", .if_range = "\"x\""}, 200},
      {{.range = "bytes=1-2", .if_range = "W/\"abc\""}, 200},
      {{.range = "bytes=1-2", .if_range = "Sat, 28 Nov 2026 00:00:00 GMT"}, 200},
      {{.range = "bytes=1-2", .if_match = "\"abc\""}, 206},
      {{.range = "bytes=1-2", .if_match = "\"x\""}, 412},
      {{.range = "bytes=1-2", .if_none_match = "\"abc\""}, 304},
      {{.range = "bytes=100-", .if_range = "\"x\""}, 200},
  };
  for (const TagRow& row : rows) {
    EXPECT_EQ(PartOf(row.conditions, kTag, 100).status, row.status) << "row " << &row - rows;
  }
}

// Whatever is asked for lies in the file.
TEST(Conditions, EveryShortRange) {
  for (uint64_t size = 0; size < 5; ++size) {
    for (int first = -1; first < 7; ++first) {
      for (int last = -1; last < 7; ++last) {
        std::string range = "bytes=";
        if (first >= 0) range += std::to_string(first);
        range += '-';
        if (last >= 0) range += std::to_string(last);
        const Part part = PartOf({.range = range}, kTag, size);
        EXPECT_LE(part.offset + part.length, size) << range;
        EXPECT_EQ(part.length == 0, part.status == 416 || size == 0) << range;
      }
    }
  }
}

}  // namespace
}  // namespace zoo
