// The PNG half of decode.h, which see: bytes that begin like a PNG file, to RGB.
#ifndef ZOO_IMAGE_PNG_H_
#define ZOO_IMAGE_PNG_H_

#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/image/image.h"
#include "zoo/image/limits.h"

namespace zoo {

Result<Image> DecodePng(ByteView bytes, std::string_view name, const ImageLimits& limits);

}  // namespace zoo

#endif  // ZOO_IMAGE_PNG_H_
