// JPEG and PNG files to 8-bit RGB. Grey is copied to three channels, alpha is dropped (not
// blended), palettes are looked up, 16-bit samples keep their high byte; EXIF orientation, gamma
// and colour profiles are ignored, as torchvision does by default. JPEG by libjpeg-turbo with its
// defaults, which gives PIL's bytes; CMYK becomes RGB as PIL's convert("RGB") does it. One
// difference: PIL turns 16-bit grey into mere white, here it keeps the high byte as 16-bit colour
// does.
#ifndef ZOO_IMAGE_DECODE_H_
#define ZOO_IMAGE_DECODE_H_

#include <filesystem>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/image/image.h"
#include "zoo/image/limits.h"

namespace zoo {

// Recognises the format by its first bytes. kUnsupported, naming what the bytes are, for anything
// but JPEG and PNG; kCorrupt for a damaged or cut file; never half an image. `name` stands for the
// file in messages.
Result<Image> DecodeImage(ByteView bytes, std::string_view name, const ImageLimits& limits = {});
Result<Image> DecodeImageFile(const std::filesystem::path& file, const ImageLimits& limits = {});

// Whether a file that begins with these bytes, eight of them are enough, is taken for a JPEG or
// PNG.
bool BeginsLikePhoto(ByteView bytes);

}  // namespace zoo

#endif  // ZOO_IMAGE_DECODE_H_
