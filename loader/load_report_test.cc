#include "zoo/loader/load_report.h"

#include <gtest/gtest.h>

#include <string>

namespace zoo {
namespace {

TEST(LoadReportTest, SaysWhatWasLeftOut) {
  EXPECT_EQ(LeftOutText({}), "");
  EXPECT_EQ(LeftOutText({.placed = 3, .cast = {"a: float16 -> float32"}, .absent = {"b"}}), "");
  EXPECT_EQ(LeftOutText({.left_out = {"fc.bias (file [5], module [3])"},
                         .missing = {"extra.weight"},
                         .unexpected = {"optimizer\n"}}),
            "left out: fc.bias (file [5], module [3]), extra.weight (not in the file), "
            "optimizer\\n (not in the module)");
  EXPECT_EQ(LeftOutText({.unexpected = {"a", "b", "c", "d", "e", "f"}}),
            "left out: a (not in the module), b (not in the module), c (not in the module) and 3 "
            "more");
}

}  // namespace
}  // namespace zoo
