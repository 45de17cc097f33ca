// The JPEG half of decode.h, which see: bytes that begin like a JPEG file, to RGB.
#ifndef ZOO_IMAGE_JPEG_H_
#define ZOO_IMAGE_JPEG_H_

#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/image/image.h"
#include "zoo/image/limits.h"

namespace zoo {

Result<Image> DecodeJpeg(ByteView bytes, std::string_view name, const ImageLimits& limits);

}  // namespace zoo

#endif  // ZOO_IMAGE_JPEG_H_
