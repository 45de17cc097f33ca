#include "zoo/checkpoint/value_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace zoo {
namespace {

TEST(FloatHex, IsPythons) {
  struct Case {
    double value;
    std::string text;
  };
  const Case cases[] = {
      {0.0, "0x0.0p+0"},
      {-0.0, "-0x0.0p+0"},
      {1.0, "0x1.0000000000000p+0"},
      {0.1, "0x1.999999999999ap-4"},
      {-1e300, "-0x1.7e43c8800759cp+996"},
      {5e-324, "0x0.0000000000001p-1022"},
      {2.2250738585072014e-308, "0x1.0000000000000p-1022"},
      {std::nan(""), "nan"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
  };
  for (const Case& c : cases) EXPECT_EQ(FloatHex(c.value), c.text);
}

TEST(PathJson, KeepsKindsOfKeysApart) {
  Path path{std::string("a"), int64_t{3}, ReprKey{"(1, 'x')"}, std::string("3")};
  EXPECT_EQ(PathJson(path).Dump(-1), R"json(["a",3,{"key":"(1, 'x')"},"3"])json");
  EXPECT_EQ(FormatPath(path), "a[3][(1, 'x')].3");
}

}  // namespace
}  // namespace zoo
