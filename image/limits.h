// What a photo may cost, and the errors that both decoders share.
#ifndef ZOO_IMAGE_LIMITS_H_
#define ZOO_IMAGE_LIMITS_H_

#include <cstdint>
#include <string_view>

#include "zoo/base/result.h"

namespace zoo {

struct ImageLimits {
  uint64_t file_bytes = 256 << 20;
  uint64_t pixels = 178956970;  // PIL's own limit against decompression bombs
};

// kUnsupported if an image of that size has more pixels than the limit.
Status CheckPixels(uint64_t width, uint64_t height, std::string_view name,
                   const ImageLimits& limits);

// kCorrupt: the file of `bytes` bytes ends before its image does. `format` is "JPEG" or "PNG".
Error CutImage(std::string_view name, std::string_view format, uint64_t bytes);

// kCorrupt: the format's library refused it and says why.
Error DamagedImage(std::string_view name, std::string_view format, std::string_view why);

// kUnsupported: sound, as far as one can tell, but of a kind that the format's library does not
// read.
Error UnreadKind(std::string_view name, std::string_view format, std::string_view why);

// kCorrupt: fewer bytes than the shortest encoding of that many pixels, so that a header alone
// cannot make us allocate.
Error TooFewBytes(std::string_view name, std::string_view format, uint64_t bytes, uint64_t width,
                  uint64_t height);

}  // namespace zoo

#endif  // ZOO_IMAGE_LIMITS_H_
