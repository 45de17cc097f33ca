// PIL's antialiased resize, bit for bit as Pillow 13 does it (older ones differ in the last bit for
// photos more than twice as high as wide). Source: Pillow's libImaging/Resample.c, described by its
// arithmetic in the .cc.
#ifndef ZOO_IMAGE_RESIZE_H_
#define ZOO_IMAGE_RESIZE_H_

#include "zoo/base/preset.h"
#include "zoo/image/image.h"

namespace zoo {

struct Size {
  int width, height;
  bool operator==(const Size&) const = default;
};

// A rectangle of pixels.
struct Part {
  int left, top, width, height;
};

// `image` at width x height pixels (both positive). An axis whose length does not change is left as
// it is.
Image Resize(const Image& image, int width, int height, Interpolation interpolation);

// Only that part of Resize's result, which must lie within it and not be empty: the pixels outside
// of it cost nothing.
Image ResizePart(const Image& image, Size size, const Part& part, Interpolation interpolation);

// The size after the short side became `short_side`: the long side is truncated, as torchvision
// does, and no larger than the largest int. All three are positive.
Size ShortSideSize(int width, int height, int short_side);

}  // namespace zoo

#endif  // ZOO_IMAGE_RESIZE_H_
