#include "zoo/image/encode.h"

#include <fmt/format.h>
#include <png.h>

#include <cstdint>
#include <memory>

namespace zoo {

std::string EncodePpm(const Image& image) {
  std::string bytes = fmt::format("P6\n{} {}\n255\n", image.width, image.height);
  bytes.append(image.rgb.begin(), image.rgb.end());
  return bytes;
}

Result<std::string> EncodePng(const Image& image) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<uint32_t>(image.width);
  header.height = static_cast<uint32_t>(image.height);
  header.format = PNG_FORMAT_RGB;
  std::unique_ptr<png_image, decltype(&png_image_free)> owner(&header, png_image_free);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(&header, bytes.data(), &size, 0, image.rgb.data(), 0, nullptr)) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("cannot write {} x {} pixels as PNG: {}", image.width, image.height,
                             header.message),
                 ""};
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace zoo
