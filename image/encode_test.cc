#include "zoo/image/encode.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/image/decode.h"
#include "zoo/image/image.h"
#include "zoo/tests/support/print_error.h"

namespace zoo {
namespace {

Image Pattern(int width, int height) {
  Image image{width, height, std::vector<uint8_t>(size_t{3} * width * height)};
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = static_cast<uint8_t>(i * 37 + i / 5);
  return image;
}

TEST(Encode, Ppm) {
  EXPECT_EQ(EncodePpm({2, 1, {'a', 'b', 'c', '\n', 0, 255}}),
            std::string("P6\n2 1\n255\nabc\n\0\xff", 17));
}

TEST(Encode, PngReadsBackTheSame) {
  for (const Image& image : {Pattern(1, 1), Pattern(224, 224), Pattern(3, 700)}) {
    auto bytes = EncodePng(image);
    ASSERT_TRUE(bytes) << bytes.error().Text();
    auto again = DecodeImage(AsBytes(*bytes), "x");
    ASSERT_TRUE(again) << again.error().Text();
    EXPECT_EQ(*again, image);
  }
}

TEST(Encode, NothingIsNoPng) {
  auto bytes = EncodePng({0, 0, {}});
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kUnsupported);
  const std::string start = "cannot write 0 x 0 pixels as PNG: ";
  EXPECT_EQ(bytes.error().message.substr(0, start.size()), start);
}

}  // namespace
}  // namespace zoo
