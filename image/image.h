// Image: 8-bit RGB pixels in memory, and the three steps from a photo to a model's input. Pure
// functions of their inputs; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(Image photo, DecodeImageFile("dog.jpg"));
//   // Resized and cropped to a square of preset.crop pixels:
//   ZOO_ASSIGN_OR_RETURN(Image crop, ResizeAndCrop(photo, preset));
//   std::vector<float> input = Normalize(crop, preset);  // [3, crop, crop]
#ifndef ZOO_IMAGE_IMAGE_H_
#define ZOO_IMAGE_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace zoo {

struct Image {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;  // height x width x 3, rows from the top, no padding

  const uint8_t* row(int y) const { return rgb.data() + static_cast<size_t>(y) * width * 3; }
  uint8_t* row(int y) { return rgb.data() + static_cast<size_t>(y) * width * 3; }
  bool operator==(const Image&) const = default;
};

}  // namespace zoo

#endif  // ZOO_IMAGE_IMAGE_H_
