#include "zoo/image/preprocess.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/image/decode.h"

namespace zoo {
namespace {

template <typename T>
std::string HexOf(const std::vector<T>& values) {
  return Digest::Of(std::as_bytes(std::span(values))).hex();
}

const std::string& Text(const Json& object, std::string_view key) {
  return *object.Find(key)->AsString();
}
int Whole(const Json& object, std::string_view key) {
  return static_cast<int>(*object.Find(key)->AsInt64());
}
std::array<double, 3> Triple(const Json& object, std::string_view key) {
  const Json::Array& values = *object.Find(key)->AsArray();
  return {*values[0].AsDouble(), *values[1].AsDouble(), *values[2].AsDouble()};
}

// What torchvision 0.29 and Pillow 13 made of four photos: the same bytes, not nearly the same.
class Goldens : public testing::Test {
 protected:
  void SetUp() override {
    auto text = ReadFile("tests/data/preprocess_goldens.json", 1 << 20);
    ASSERT_TRUE(text) << text.error().Text();
    auto parsed = ParseJson(*text);
    ASSERT_TRUE(parsed) << parsed.error().Text();
    goldens_ = *std::move(parsed);
    for (const Json& row : *goldens_.Find("photos")->AsArray()) {
      auto photo = DecodeImageFile("tests/data/photos/" + Text(row, "photo"));
      ASSERT_TRUE(photo) << photo.error().Text();
      photos_[Text(row, "photo")] = *std::move(photo);
    }
  }

  Json goldens_;
  std::map<std::string, Image> photos_;
};

TEST_F(Goldens, Decode) {
  for (const Json& row : *goldens_.Find("photos")->AsArray()) {
    const Image& photo = photos_.at(Text(row, "photo"));
    EXPECT_EQ(photo.width, Whole(row, "width"));
    EXPECT_EQ(photo.height, Whole(row, "height"));
    EXPECT_EQ(HexOf(photo.rgb), Text(row, "rgb_sha256")) << Text(row, "photo");
  }
}

TEST_F(Goldens, ResizeCropNormalize) {
  const Json::Array& records = *goldens_.Find("records")->AsArray();
  ASSERT_EQ(records.size(), 144u);
  for (const Json& record : records) {
    const Json& norm = *goldens_.Find("norms")->Find(Text(record, "norm"));
    Preset preset{Whole(record, "resize"), Whole(record, "crop"),
                  Text(record, "interpolation") == "bicubic" ? Interpolation::kBicubic
                                                             : Interpolation::kBilinear,
                  Triple(norm, "mean"), Triple(norm, "std")};
    SCOPED_TRACE(record.Dump(-1).substr(0, 160));
    auto crop = ResizeAndCrop(photos_.at(Text(record, "photo")), preset);
    ASSERT_TRUE(crop) << crop.error().Text();
    EXPECT_EQ(HexOf(crop->rgb), Text(record, "rgb_sha256"));
    EXPECT_EQ(HexOf(Normalize(*crop, preset)), Text(record, "f32_sha256"));
  }
}

}  // namespace
}  // namespace zoo
