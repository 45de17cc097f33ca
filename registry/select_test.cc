#include "zoo/registry/select.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace zoo {
namespace {

struct Row {
  std::string model;
  std::optional<double> accuracy;
  std::optional<uint64_t> parameters;
  uint64_t size;
  std::optional<double> gflops;
  std::string license;
};

RegistrySet Set() {
  const Row kRows[] = {
      {"resnet101", 77, 44'549'160, 178, 7.8, "not stated"},
      {"resnet18", 69, 11'689'512, 46, 1.8, "Apache-2.0"},
      {"vit_b_16", 85, 86'567'656, 330, 17.5, "CC-BY-NC-4.0 (https://example.org)"},
      {"digits", std::nullopt, std::nullopt, 1, std::nullopt, "MIT"},
  };
  std::vector<Entry> entries;
  for (const Row& row : kRows) {
    Entry entry;
    entry.registry = "lab";
    entry.model = entry.architecture.name = row.model;
    entry.weights = "V1";
    entry.parameters = row.parameters;
    entry.artifact.file = row.model + ".pth";
    entry.artifact.min_size = entry.artifact.max_size = row.size;
    entry.gflops = row.gflops;
    entry.license = row.license;
    if (row.accuracy) entry.metrics = {{"ImageNet-1K", "acc@1", *row.accuracy}};
    entries.push_back(std::move(entry));
  }
  RegistrySet set;
  set.Add(Registry::Of("lab", std::move(entries), {}));
  return set;
}

std::string Models(const Filter& filter, Order order = Order::kName) {
  RegistrySet set = Set();
  std::string models;
  for (const Entry* entry : Select(set, filter, order)) models += entry->model + " ";
  return models;
}

TEST(Select, Filters) {
  EXPECT_EQ(Models({}), "digits resnet18 resnet101 vit_b_16 ");
  EXPECT_EQ(Models({.family = "resnet"}), "resnet18 resnet101 ");
  EXPECT_EQ(Models({.family = "res"}), "");
  EXPECT_EQ(Models({.license = "cc-by"}), "vit_b_16 ");
  EXPECT_EQ(Models({.max_parameters = 44'549'160}), "resnet18 resnet101 ");
  EXPECT_EQ(Models({.max_parameters = 44'549'159}), "resnet18 ");
  EXPECT_EQ(Models({.min_accuracy = 77}), "resnet101 vit_b_16 ");
  EXPECT_EQ(Models({.min_accuracy = 0}), "resnet18 resnet101 vit_b_16 ");
  EXPECT_EQ(Models({.family = "resnet", .min_accuracy = 70}), "resnet101 ");
}

TEST(Select, Words) {
  EXPECT_EQ(Models({.words = {"RESNET"}}), "resnet18 resnet101 ");
  EXPECT_EQ(Models({.words = {"resnet", "apache"}}), "resnet18 ");
  EXPECT_EQ(Models({.words = {"lab/digits:V1"}}), "digits ");
  EXPECT_EQ(Models({.words = {"imagenet"}}), "resnet18 resnet101 vit_b_16 ");
  EXPECT_EQ(Models({.words = {"nothing", "resnet"}}), "");
}

TEST(Select, Orders) {
  EXPECT_EQ(Models({}, Order::kAccuracy), "vit_b_16 resnet101 resnet18 digits ");
  EXPECT_EQ(Models({}, Order::kParameters), "resnet18 resnet101 vit_b_16 digits ");
  EXPECT_EQ(Models({}, Order::kSize), "digits resnet18 resnet101 vit_b_16 ");
  EXPECT_EQ(Models({}, Order::kGflops), "resnet18 resnet101 vit_b_16 digits ");
}

TEST(Select, NumbersInNamesAreNumbers) {
  const std::vector<std::string> kSorted = {"a",     "a1",   "a1b",  "a2",   "a10",
                                            "a10_2", "a10a", "a100", "b007", "b8"};
  std::vector<std::string> names = kSorted;
  std::ranges::reverse(names);
  std::vector<Entry> entries;
  for (const std::string& name : names) {
    entries.emplace_back().model = name;
  }
  RegistrySet set;
  set.Add(Registry::Of("lab", std::move(entries), {}));
  std::vector<std::string> sorted;
  for (const Entry* entry : Select(set, {}, Order::kName)) sorted.push_back(entry->model);
  EXPECT_EQ(sorted, kSorted);
}

TEST(Select, FamiliesOfASet) {
  RegistrySet set = Set();
  EXPECT_EQ(FamiliesOf(set), (std::vector<std::string>{"digits", "resnet", "vit"}));
}

TEST(Count, BothWays) {
  const std::pair<const char*, uint64_t> kGood[] = {
      {"0", 0},          {"11689512", 11689512},  {"10M", 10'000'000}, {"10m", 10'000'000},
      {"250k", 250'000}, {"1.5B", 1'500'000'000}, {"0.5K", 500},
  };
  for (const auto& [text, count] : kGood) EXPECT_EQ(ParseCount(text).value(), count) << text;
  for (const char* text :
       {"", "M", "10 M", "10MM", "-1", "1e6", "ten", "10G", "inf", "nan", "999999999999B"}) {
    auto count = ParseCount(text);
    ASSERT_FALSE(count.has_value()) << text;
    EXPECT_EQ(count.error(),
              (Error{ErrorCode::kUsage, "\"" + std::string(text) + "\" is not a count",
                     "write it like 250k, 10M or 1.5B"}));
  }
  const std::pair<uint64_t, const char*> kFormatted[] = {
      {0, "0"},
      {999, "999"},
      {1000, "1.0k"},
      {11689512, "11.7M"},
      {644812894, "644.8M"},
      {999'949'999, "999.9M"},
      {999'950'000, "1.0B"},
      {7'000'000'000, "7.0B"},
  };
  for (const auto& [count, text] : kFormatted) EXPECT_EQ(FormatCount(count), text);
}

}  // namespace
}  // namespace zoo
