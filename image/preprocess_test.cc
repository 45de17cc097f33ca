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
#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/image/decode.h"
#include "zoo/image/image.h"
#include "zoo/tests/support/print_error.h"

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

Error Refusal(const Image& photo, const Preset& preset) {
  auto crop = ResizeAndCrop(photo, preset);
  return crop ? Error{ErrorCode::kUsage, "a crop came back", ""} : crop.error();
}

Image Grey(int width, int height) {
  return {width, height, std::vector<uint8_t>(size_t{3} * width * height, 100)};
}

TEST(ResizeAndCrop, WhatCannotBe) {
  const struct {
    Image photo;
    int resize, crop;
    std::string message;
  } rows[] = {
      {Grey(2, 2), 0, 5, "cannot resize to 0 and crop to 5 pixels: both must be positive"},
      {Grey(2, 2), 5, -1, "cannot resize to 5 and crop to -1 pixels: both must be positive"},
      {Grey(0, 2), 5, 5, "cannot resize a photo without pixels"},
      {Grey(2, 2), 5, 13378,
       "cannot crop to 13378 x 13378 pixels: more than the limit of 178956970 pixels"},
      {Grey(1, 3000), 256, 224,
       "cannot resize 1 x 3000 to 256 x 768000 pixels: more than the limit of 178956970 pixels"},
      {Grey(3000, 1), 2147483647, 1,
       "cannot resize 3000 x 1 to 2147483647 x 2147483647 pixels: more than the limit of "
       "178956970 pixels"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Refusal(row.photo, {row.resize, row.crop}),
              (Error{ErrorCode::kUsage, row.message, ""}));
  }
}

// A photo that is smaller than the crop gets a black border, its odd line at the right and below.
TEST(ResizeAndCrop, BlackBorder) {
  auto crop = ResizeAndCrop(Grey(4, 2), {.resize = 2, .crop = 5});
  ASSERT_TRUE(crop) << crop.error().Text();
  std::string picture;
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 5; ++x) picture += crop->row(y)[x * 3 + 1] == 100 ? '#' : '.';
    picture += '/';
  }
  EXPECT_EQ(picture, "...../####./####./...../...../");
}

TEST(Normalize, PlanesInTheOrderRedGreenBlue) {
  const Image image{2, 1, {0, 51, 255, 255, 102, 0}};
  const std::vector<float> expected = {0.0f, 2.0f, -1.0f, 0.0f, 8.0f, 0.0f};
  const Preset preset{.mean = {0.0, 0.4, 0.0}, .std = {0.5, 0.2, 0.125}};
  const std::vector<float> input = Normalize(image, preset);
  ASSERT_EQ(input.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(input[i], expected[i]) << i;
}

}  // namespace
}  // namespace zoo
