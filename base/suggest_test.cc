#include "zoo/base/suggest.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace zoo {
namespace {

TEST(Nearest, SlipsOfTheFingers) {
  const std::vector<std::string> names = {"resnet18",           "resnet34", "resnet50", "vgg16",
                                          "efficientnet_lite0", "alexnet",  "a"};
  const struct {
    std::string word;
    std::optional<std::string> nearest;
  } rows[] = {
      {"resent18", "resnet18"},   // neighbours swapped
      {"resnet8", "resnet18"},    // one left out
      {"resnett34", "resnet34"},  // one twice
      {"resnet55", "resnet50"},   // one replaced
      {"ResNet50", "resnet50"},   // case
      {"resnet", "resnet18"},     // the first of equals
      {"efficentnet-lite", "efficientnet_lite0"},
      {"vgg", std::nullopt},  // two away, one is allowed
      {"vgg1", "vgg16"},
      {"alexnet", "alexnet"},
      {"inception", std::nullopt},
      {"", "a"},
      {"\xff\xfe", std::nullopt},
      {std::string(100000, 'r'), std::nullopt},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Nearest(row.word, names), row.nearest) << row.word.substr(0, 40);
  }
}

TEST(Nearest, OfNothing) { EXPECT_EQ(Nearest("resnet18", {}), std::nullopt); }

TEST(Nearest, LongWordsAreComparedByTheirStart) {
  const std::vector<std::string> names = {std::string(128, 'x')};
  EXPECT_EQ(Nearest(std::string(5000, 'x'), names), names[0]);
}

}  // namespace
}  // namespace zoo
