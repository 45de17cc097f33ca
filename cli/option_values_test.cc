#include "zoo/cli/option_values.h"

#include <gtest/gtest.h>

namespace zoo::cli {
namespace {

std::string Check(const CLI::Validator& validator, std::string value) { return validator(value); }

TEST(OneOf, TakesItsWordsAndNoOther) {
  const CLI::Validator check = OneOf({"zip", "legacy", "safetensors"});
  EXPECT_EQ(Check(check, "zip"), "");
  EXPECT_EQ(Check(check, "safetensors"), "");
  for (const char* wrong : {"", "Zip", "zip ", "zip,legacy", "npz"}) {
    EXPECT_EQ(Check(check, wrong),
              "\"" + std::string(wrong) + "\", only zip, legacy or safetensors");
  }
}

TEST(Between, TakesWholeNumbersOfTheRange) {
  const CLI::Validator check = Between(1, 1024);
  EXPECT_EQ(Check(check, "1"), "");
  EXPECT_EQ(Check(check, "1024"), "");
  for (const char* wrong :
       {"", "0", "1025", "-1", "1.5", "0x10", "1e2", " 1", "99999999999999999999"}) {
    EXPECT_EQ(Check(check, wrong), "\"" + std::string(wrong) + "\", only 1 to 1024");
  }
  EXPECT_EQ(Check(Between(1, INT64_MAX), "9223372036854775807"), "");
  EXPECT_EQ(Check(Between(1, INT64_MAX), "0"), "\"0\", only 1 or more");
}

TEST(WordsOf, AreThoseOfOneOf) {
  CLI::App app;
  std::string type, name;
  int count = 0;
  CLI::Option* words =
      app.add_option("--dtype", type)->type_name("TYPE")->check(OneOf({"float32", "float64"}));
  EXPECT_EQ(WordsOf(*words), (std::vector<std::string>{"float32", "float64"}));
  EXPECT_EQ(WordsOf(*app.add_option("--name", name)), std::vector<std::string>());
  CLI::Option* numbers = app.add_option("--top", count)->type_name("N")->check(Between(1, 9));
  EXPECT_EQ(WordsOf(*numbers), std::vector<std::string>());
}

}  // namespace
}  // namespace zoo::cli
