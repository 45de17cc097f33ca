#include "zoo/image/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/preset.h"
#include "zoo/image/decode.h"
#include "zoo/image/image.h"

namespace zoo {
namespace {

const std::string kPhotos = "tests/data/photos/";

Image Chelsea() {
  auto photo = DecodeImageFile(kPhotos + "chelsea.png");
  EXPECT_TRUE(photo) << photo.error().Text();
  return *photo;
}

// Three rows of the photo with every pixel seventy times, as make.py makes it.
Image Long(const Image& photo) {
  Image image{photo.width * 70, 3, {}};
  for (int y = 100; y < 103; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const uint8_t* pixel = photo.row(y) + x / 70 * 3;
      image.rgb.insert(image.rgb.end(), pixel, pixel + 3);
    }
  }
  return image;
}

// A hundred columns of the photo.
Image Tall(const Image& photo) {
  Image image{100, photo.height, {}};
  for (int y = 0; y < photo.height; ++y) {
    image.rgb.insert(image.rgb.end(), photo.row(y) + 100 * 3, photo.row(y) + 200 * 3);
  }
  return image;
}

TEST(Resize, GivesPillowsBytes) {
  const Image photo = Chelsea();
  const std::map<std::string, Image> sources = {
      {"chelsea.png", photo}, {"long", Long(photo)}, {"tall", Tall(photo)}};
  auto text = ReadFile(kPhotos + "resized.json", 1 << 20);
  ASSERT_TRUE(text) << text.error().Text();
  auto rows = ParseJson(*text);
  ASSERT_TRUE(rows) << rows.error().Text();
  ASSERT_EQ(rows->AsArray()->size(), 42u);
  for (const Json& row : *rows->AsArray()) {
    const Image& source = sources.at(*row.Find("photo")->AsString());
    const int width = static_cast<int>(*row.Find("width")->AsInt64());
    const int height = static_cast<int>(*row.Find("height")->AsInt64());
    const auto interpolation = *row.Find("interpolation")->AsString() == "bicubic"
                                   ? Interpolation::kBicubic
                                   : Interpolation::kBilinear;
    const Image resized = Resize(source, width, height, interpolation);
    EXPECT_EQ(resized.width, width);
    EXPECT_EQ(resized.height, height);
    EXPECT_EQ(Digest::Of(std::as_bytes(std::span(resized.rgb))).hex(),
              *row.Find("rgb_sha256")->AsString())
        << row.Dump(-1);
  }
}

TEST(Resize, TheSameSizeIsTheSameImage) {
  const Image photo = Chelsea();
  for (auto interpolation : {Interpolation::kBilinear, Interpolation::kBicubic}) {
    EXPECT_EQ(Resize(photo, photo.width, photo.height, interpolation), photo);
    EXPECT_EQ(ResizePart(photo, {photo.width, photo.height}, {0, 0, photo.width, photo.height},
                         interpolation),
              photo);
  }
}

TEST(Resize, APartIsCutFromTheWhole) {
  const Image photo = Chelsea();
  for (auto interpolation : {Interpolation::kBilinear, Interpolation::kBicubic}) {
    for (Size size : {Size{90, 60}, Size{600, 500}, Size{440, 90}}) {
      const Image whole = Resize(photo, size.width, size.height, interpolation);
      for (Part part : {Part{0, 0, 1, 1}, Part{size.width - 1, size.height - 1, 1, 1},
                        Part{17, 9, 40, 31}, Part{0, 20, size.width, 1}}) {
        const Image image = ResizePart(photo, size, part, interpolation);
        ASSERT_EQ(image.width, part.width);
        ASSERT_EQ(image.height, part.height);
        for (int y = 0; y < part.height; ++y) {
          const uint8_t* expected = whole.row(part.top + y) + part.left * 3;
          ASSERT_TRUE(std::equal(image.row(y), image.row(y) + part.width * 3, expected));
        }
      }
    }
  }
}

TEST(Resize, ShortSideSize) {
  const struct {
    int width, height, short_side;
    Size size;
  } rows[] = {
      {451, 300, 256, {384, 256}},  // 384.85 is truncated
      {300, 451, 256, {256, 384}},      {640, 427, 232, {347, 232}},
      {500, 500, 224, {224, 224}},      {224, 300, 224, {224, 300}},  // nothing to do
      {1, 1000, 256, {256, 256000}},    {3, 2, 1, {1, 1}},
      {65500, 1, 224, {14672000, 224}}, {178956970, 1, 224, {INT_MAX, 224}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ShortSideSize(row.width, row.height, row.short_side), row.size);
  }
}

}  // namespace
}  // namespace zoo
