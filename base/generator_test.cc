#include "zoo/base/generator.h"

#include <gtest/gtest.h>

#include <cstring>

#include "zoo/base/json.h"
#include "zoo/tests/support/golden_file.h"

namespace zoo {
namespace {

// The rows that the goldens give for testing a generator.
TEST(GeneratorTest, GivesTheValuesOfTheSelfTestBitForBit) {
  const Json goldens = ReadGoldenFile("tests/data/model_goldens.json");
  const Json::Array& rows = *At(goldens, {"self_test"}).AsArray();
  ASSERT_GE(rows.size(), 12u);
  for (const Json& row : rows) {
    const std::string& name = Text(At(row, {"name"}));
    EXPECT_EQ(GeneratorKey(name), std::stoull(Text(At(row, {"key"})), nullptr, 16)) << name;
    const std::vector<int64_t> shape = Ints(At(row, {"shape"}));
    const std::vector<float> values =
        name == "input" ? GenerateInput(4) : GenerateEntry(name, shape);
    const Json::Array& bits = *At(row, {"bits"}).AsArray();
    ASSERT_EQ(values.size(), bits.size()) << name;
    for (size_t i = 0; i < values.size(); ++i) {
      uint32_t word;
      std::memcpy(&word, &values[i], sizeof(word));
      EXPECT_EQ(word, std::stoul(Text(bits[i]), nullptr, 16)) << name << " " << i;
    }
  }
}

TEST(GeneratorTest, EveryNameAndEverySeedHasAStreamOfItsOwn) {
  EXPECT_EQ(GeneratorKey("input"), GeneratorKey("input", "public"));
  EXPECT_NE(GeneratorKey("input", "mine"), GeneratorKey("input"));
  EXPECT_EQ(GenerateInput(2, "input", "public"), GenerateInput(2));
  EXPECT_NE(GenerateInput(2, "other"), GenerateInput(2));
  EXPECT_NE(GenerateInput(2, "input", "mine"), GenerateInput(2));
}

}  // namespace
}  // namespace zoo
