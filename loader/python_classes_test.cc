#include "zoo/loader/python_classes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/models/architectures.h"

namespace zoo {
namespace {

std::vector<std::string> ArchitecturesOf(const PythonClass& row) {
  std::vector<std::string> names = models::Names();
  std::erase_if(names, [&](const std::string& name) {
    return std::ranges::none_of(row.prefixes, [&](std::string_view prefix) {
      return !prefix.empty() && name.starts_with(prefix);
    });
  });
  return names;
}

TEST(PythonClassesTest, ReadOptionsThatTheirArchitecturesTake) {
  for (const PythonClass& row : PythonClasses()) {
    const std::vector<std::string> names = ArchitecturesOf(row);
    EXPECT_FALSE(names.empty()) << row.name;
    for (const std::string& name : names) {
      for (const OptionRule& rule : row.rules) {
        // Of ResNets only those of bottlenecks do.
        const bool bottlenecks = name != "resnet18" && name != "resnet34";
        if (rule.from == OptionRule::From::kReplacedStrides && !bottlenecks) continue;
        // No option takes null, so that what is refused is its value, not its name.
        const auto made = models::Make(name, {{std::string(rule.option), nullptr}});
        ASSERT_FALSE(made.has_value()) << name << " " << rule.option;
        EXPECT_EQ(made.error().message.find("has no option"), std::string::npos)
            << row.name << ": " << made.error().message;
      }
    }
  }
}

TEST(PythonClassesTest, ExpectSomethingOfEachArchitectureOfTheirs) {
  for (const PythonClass& row : PythonClasses()) {
    if (row.expectations.empty()) continue;
    for (const std::string& name : ArchitecturesOf(row)) {
      EXPECT_TRUE(std::ranges::any_of(row.expectations, [&](const Expectation& it) {
        return name.starts_with(it.prefix);
      })) << name;
    }
  }
}

TEST(PythonClassesTest, AreFoundByTheirWholeName) {
  EXPECT_NE(FindPythonClass("torchvision.models.resnet.ResNet"), nullptr);
  EXPECT_EQ(FindPythonClass("resnet.ResNet"), nullptr);
}

}  // namespace
}  // namespace zoo
