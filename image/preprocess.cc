#include "zoo/image/preprocess.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "zoo/image/resize.h"

namespace zoo {
namespace {

constexpr uint64_t kMaxPixels = 178956970;

// Where the kept part of an axis begins, in the resized photo and in the crop, and how long it is.
struct Kept {
  int from, to, length;
};

Kept KeepCentre(int length, int crop) {
  if (length < crop) return {0, (crop - length) / 2, length};  // the odd black line at the end
  const int spare = length - crop;
  const int half = spare / 2;
  const bool up = spare % 2 == 1 && half % 2 == 1;  // halves to the even number, as Python rounds
  return {half + (up ? 1 : 0), 0, crop};
}

bool TooLarge(Size size) {
  return static_cast<uint64_t>(size.width) * static_cast<uint64_t>(size.height) > kMaxPixels;
}

Status Check(const Image& photo, const Preset& preset) {
  if (photo.width <= 0 || photo.height <= 0) {
    return Error{ErrorCode::kUsage, "cannot resize a photo without pixels", ""};
  }
  if (preset.resize <= 0 || preset.crop <= 0) {
    return Error{ErrorCode::kUsage,
                 fmt::format("cannot resize to {} and crop to {} pixels: both must be positive",
                             preset.resize, preset.crop),
                 ""};
  }
  if (TooLarge({preset.crop, preset.crop})) {
    return Error{ErrorCode::kUsage,
                 fmt::format("cannot crop to {0} x {0} pixels: more than the limit of {1} pixels",
                             preset.crop, kMaxPixels),
                 ""};
  }
  const Size size = ShortSideSize(photo.width, photo.height, preset.resize);
  if (TooLarge(size)) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("cannot resize {} x {} to {} x {} pixels: more than the limit of {} pixels",
                    photo.width, photo.height, size.width, size.height, kMaxPixels),
        ""};
  }
  return {};
}

}  // namespace

Result<Image> ResizeAndCrop(const Image& photo, const Preset& preset) {
  ZOO_RETURN_IF_ERROR(Check(photo, preset));
  const Size size = ShortSideSize(photo.width, photo.height, preset.resize);
  const Kept x = KeepCentre(size.width, preset.crop), y = KeepCentre(size.height, preset.crop);
  Image kept = ResizePart(photo, size, {x.from, y.from, x.length, y.length}, preset.interpolation);
  if (kept.width == preset.crop && kept.height == preset.crop) return kept;
  Image crop{preset.crop, preset.crop, {}};
  crop.rgb.resize(static_cast<size_t>(preset.crop) * preset.crop * 3);
  for (int row = 0; row < kept.height; ++row) {
    std::copy_n(kept.row(row), static_cast<size_t>(kept.width) * 3,
                crop.row(y.to + row) + static_cast<size_t>(x.to) * 3);
  }
  return crop;
}

std::vector<float> Normalize(const Image& image, const Preset& preset) {
  std::array<std::array<float, 256>, 3> table;
  for (int c = 0; c < 3; ++c) {
    const float mean = static_cast<float>(preset.mean[c]), std = static_cast<float>(preset.std[c]);
    for (int byte = 0; byte < 256; ++byte) {
      const float unit = static_cast<float>(byte) / 255.0f;
      table[c][byte] = (unit - mean) / std;
    }
  }
  const size_t pixels = static_cast<size_t>(image.width) * image.height;
  std::vector<float> out(pixels * 3);
  for (int c = 0; c < 3; ++c) {
    float* plane = out.data() + pixels * c;
    for (size_t i = 0; i < pixels; ++i) plane[i] = table[c][image.rgb[i * 3 + c]];
  }
  return out;
}

}  // namespace zoo
