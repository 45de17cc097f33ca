// An image as the bytes of a file: what `zoo preprocess --crop-out` writes. Pure; any thread.
#ifndef ZOO_IMAGE_ENCODE_H_
#define ZOO_IMAGE_ENCODE_H_

#include <string>

#include "zoo/base/result.h"
#include "zoo/image/image.h"

namespace zoo {

// Binary PPM: "P6\nWIDTH HEIGHT\n255\n" and the bytes of the image.
std::string EncodePpm(const Image& image);

// 8-bit RGB PNG. kUnsupported, with libpng's words, if libpng cannot.
Result<std::string> EncodePng(const Image& image);

}  // namespace zoo

#endif  // ZOO_IMAGE_ENCODE_H_
