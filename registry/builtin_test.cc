#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/preset.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo {
namespace {

std::string BuiltinJson() {
  std::ifstream file("registry/catalogue/builtin.json", std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

TEST(Builtin, TablesSayWhatTheFileSays) {
  Registry parsed =
      Registry::Parse(BuiltinJson(), "builtin", RegistryOrigin::kBuiltin, "builtin.json").value();
  Registry compiled = BuiltinRegistry();
  EXPECT_EQ(compiled.alias(), "builtin");
  EXPECT_EQ(compiled.name(), parsed.name());
  EXPECT_EQ(compiled.version(), parsed.version());
  EXPECT_TRUE(compiled.categories() == parsed.categories());
  ASSERT_EQ(compiled.entries().size(), parsed.entries().size());
  for (size_t i = 0; i < parsed.entries().size(); ++i) {
    const Entry& a = compiled.entries()[i];
    const Entry& b = parsed.entries()[i];
    SCOPED_TRACE(b.name());
    EXPECT_EQ(a.registry, b.registry);
    EXPECT_EQ(a.model, b.model);
    EXPECT_EQ(a.weights, b.weights);
    EXPECT_EQ(a.is_default, b.is_default);
    EXPECT_TRUE(a.architecture == b.architecture);
    EXPECT_TRUE(a.artifact == b.artifact);
    EXPECT_EQ(a.parameters, b.parameters);
    EXPECT_EQ(a.license, b.license);
    EXPECT_TRUE(a.metrics == b.metrics);
    EXPECT_EQ(a.gflops, b.gflops);
    EXPECT_EQ(a.min_size, b.min_size);
    EXPECT_EQ(a.recipe, b.recipe);
    EXPECT_EQ(a.categories, b.categories);
    EXPECT_TRUE(a.preset == b.preset);
    EXPECT_TRUE(a.probe == b.probe);
    EXPECT_TRUE(a == b);
  }
}

TEST(Builtin, HoldsAllOfTorchvisionAndTheLites) {
  Registry builtin = BuiltinRegistry();
  int lite = 0, full = 0, exact = 0, restrictive = 0, categories = 0;
  std::map<std::string, int> models;
  for (const Entry& entry : builtin.entries()) {
    bool is_lite = entry.model.starts_with("efficientnet_lite");
    lite += is_lite;
    full += !is_lite && entry.artifact.sha256.has_value();
    exact += !is_lite && entry.artifact.size.has_value();
    restrictive += entry.license.starts_with("CC-BY-NC-4.0 ");
    categories += entry.categories == "imagenet1k";
    ++models[entry.model];
  }
  EXPECT_EQ(builtin.entries().size(), 118u);
  EXPECT_EQ(lite, 3);
  EXPECT_EQ(full, 44);
  EXPECT_EQ(exact, 31);
  EXPECT_EQ(restrictive, 12);
  EXPECT_EQ(categories, 117);  // all but vgg16:IMAGENET1K_FEATURES
  EXPECT_EQ(models.size(), 83u);
  ASSERT_NE(builtin.Categories("imagenet1k"), nullptr);
  EXPECT_EQ(builtin.Categories("imagenet1k")->size(), 1000u);
  EXPECT_EQ((*builtin.Categories("imagenet1k"))[281], "tabby");
}

// torchvision's presets and the lites', and how many entries have each.
TEST(Builtin, EveryEntrySaysHowPhotosArePrepared) {
  constexpr auto kLinear = Interpolation::kBilinear, kCubic = Interpolation::kBicubic;
  constexpr std::array<double, 3> kMean = {0.485, 0.456, 0.406}, kStd = {0.229, 0.224, 0.225};
  constexpr std::array<double, 3> kHalf = {0.5, 0.5, 0.5};
  const auto all = [](double value) { return std::array{value, value, value}; };
  const std::pair<Preset, int> kPresets[] = {
      {{224, 224, kCubic, kMean, kStd}, 7},
      {{230, 224, kLinear, kMean, kStd}, 1},
      {{232, 224, kCubic, kMean, kStd}, 1},
      {{232, 224, kLinear, kMean, kStd}, 30},
      {{236, 224, kLinear, kMean, kStd}, 1},
      {{238, 224, kCubic, kMean, kStd}, 1},
      {{242, 224, kLinear, kMean, kStd}, 1},
      {{246, 224, kCubic, kMean, kStd}, 1},
      {{255, 240, kLinear, kMean, kStd}, 1},
      {{256, 224, kCubic, kMean, kStd}, 1},
      {{256, 224, kLinear, kMean, kStd}, 49},
      {{256, 240, kCubic, kMean, kStd}, 1},
      {{260, 256, kCubic, kMean, kStd}, 2},
      {{272, 256, kCubic, kMean, kStd}, 1},
      {{288, 288, kCubic, kMean, kStd}, 1},
      {{320, 300, kCubic, kMean, kStd}, 1},
      {{342, 299, kLinear, kMean, kStd}, 1},
      {{384, 380, kCubic, kMean, kStd}, 1},
      {{384, 384, kCubic, kMean, kStd}, 4},
      {{384, 384, kLinear, kMean, kStd}, 1},
      {{456, 456, kCubic, kMean, kStd}, 1},
      {{480, 480, kCubic, kHalf, kHalf}, 1},
      {{480, 480, kLinear, kMean, kStd}, 1},
      {{512, 512, kCubic, kMean, kStd}, 1},
      {{518, 518, kCubic, kMean, kStd}, 1},
      {{528, 528, kCubic, kMean, kStd}, 1},
      {{600, 600, kCubic, kMean, kStd}, 1},
      {{256, 224, kLinear, {0.48235, 0.45882, 0.40784}, all(1.0 / 255)}, 1},
      {{256, 224, kCubic, all(127.0 / 255), all(128.0 / 255)}, 1},
      {{272, 240, kCubic, all(127.0 / 255), all(128.0 / 255)}, 1},
      {{292, 260, kCubic, all(127.0 / 255), all(128.0 / 255)}, 1},
  };
  const Registry builtin = BuiltinRegistry();
  size_t told = 0;
  for (const auto& [preset, count] : kPresets) {
    SCOPED_TRACE(std::to_string(preset.resize) + ", " + std::to_string(preset.crop));
    EXPECT_EQ(std::ranges::count(builtin.entries(), preset, &Entry::preset), count);
    told += static_cast<size_t>(count);
  }
  EXPECT_EQ(told, builtin.entries().size());
}

TEST(Builtin, EveryEntryNamesItsThousandCategories) {
  RegistrySet set;
  set.Add(BuiltinRegistry());
  const std::vector<std::string> categories = set.CategoriesOf(*set.Find("resnet50").value());
  EXPECT_EQ(std::set<std::string>(categories.begin(), categories.end()).size(), 1000u);
  for (const Entry& entry : set.registries()[0].entries()) {
    SCOPED_TRACE(entry.name());
    // Those weights have no last layer of use.
    if (entry.name() == "vgg16:IMAGENET1K_FEATURES") {
      EXPECT_TRUE(set.CategoriesOf(entry).empty());
    } else {
      EXPECT_EQ(set.CategoriesOf(entry), categories);
    }
  }
}

TEST(Builtin, EverySourceIsHttpsOrAWheel) {
  Registry builtin = BuiltinRegistry();
  for (const Entry& entry : builtin.entries()) {
    SCOPED_TRACE(entry.name());
    ASSERT_EQ(entry.artifact.sources.size(), 1u);
    if (const auto* url = std::get_if<UrlSource>(&entry.artifact.sources[0])) {
      EXPECT_EQ(url->url, "https://download.pytorch.org/models/" + entry.artifact.file);
    } else {
      EXPECT_TRUE(entry.model.starts_with("efficientnet_lite"));
    }
  }
}

TEST(Builtin, EveryEntryIsFoundByName) {
  RegistrySet set;
  set.Add(BuiltinRegistry());
  for (const Entry& entry : set.registries()[0].entries()) {
    EXPECT_EQ(set.Find(entry.name()).value(), &entry);
    EXPECT_EQ(set.Find("builtin/" + entry.name()).value(), &entry);
    EXPECT_EQ(*set.Find(entry.model).value() == entry, entry.is_default);
    if (entry.artifact.sha256) {
      EXPECT_EQ(set.Find(entry.name() + "@" + entry.artifact.sha256->ToString()).value(), &entry);
    }
  }
}

TEST(Builtin, DefaultsAreTorchvisions) {
  const std::pair<const char*, const char*> kDefaults[] = {
      {"resnet18", "resnet18:IMAGENET1K_V1"},
      {"resnet50", "resnet50:IMAGENET1K_V2"},
      {"wide_resnet50_2", "wide_resnet50_2:IMAGENET1K_V2"},
      {"vgg16", "vgg16:IMAGENET1K_V1"},
      {"vit_h_14", "vit_h_14:IMAGENET1K_SWAG_E2E_V1"},
      {"regnet_y_128gf", "regnet_y_128gf:IMAGENET1K_SWAG_E2E_V1"},
      {"mobilenet_v3_large", "mobilenet_v3_large:IMAGENET1K_V2"},
      {"efficientnet_b1", "efficientnet_b1:IMAGENET1K_V2"},
      {"efficientnet_lite0", "efficientnet_lite0:IMAGENET1K"},
  };
  RegistrySet set;
  set.Add(BuiltinRegistry());
  for (const auto& [name, wanted] : kDefaults) EXPECT_EQ(set.Find(name).value()->name(), wanted);
}

TEST(Builtin, TheLitesHaveProbesOfTheirNativeSize) {
  struct Row {
    std::string name;
    int crop, argmax;
    double first;
  };
  const Row kRows[] = {{"efficientnet_lite0", 224, 21, -2.67833614},
                       {"efficientnet_lite1", 240, 644, -2.41981673},
                       {"efficientnet_lite2", 260, 844, -2.56936193}};
  RegistrySet set;
  set.Add(BuiltinRegistry());
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const Entry* entry = set.Find(row.name).value();
    EXPECT_EQ(entry->preset->crop, row.crop);
    EXPECT_EQ(entry->preset->resize, row.crop + 32);
    EXPECT_EQ(entry->preset->interpolation, Interpolation::kBicubic);
    ASSERT_TRUE(entry->probe.has_value());
    EXPECT_EQ(entry->probe->Find("argmax")->AsInt64(), row.argmax);
    const Json::Array& logits = *entry->probe->Find("logits")->AsArray();
    ASSERT_EQ(logits.size(), 16u);
    EXPECT_EQ(logits[0].AsDouble(), row.first);
    EXPECT_EQ(*entry->probe->Find("input")->Find("shape"),
              Json(Json::Array{1, 3, row.crop, row.crop}));
  }
}

TEST(Builtin, CostsWellUnderAMillisecond) {
  using Clock = std::chrono::steady_clock;
  Clock::duration least = Clock::duration::max();
  for (int i = 0; i < 20; ++i) {
    auto start = Clock::now();
    Registry builtin = BuiltinRegistry();
    least = std::min(least, Clock::now() - start);
    ASSERT_FALSE(builtin.entries().empty());
  }
  auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(least).count();
  RecordProperty("microseconds", static_cast<int>(microseconds));
  EXPECT_LT(microseconds, 1000);
}

}  // namespace
}  // namespace zoo
