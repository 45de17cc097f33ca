// DecodeImage on any bytes. What it accepts has as many pixels as it says, and can be prepared.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "zoo/base/preset.h"
#include "zoo/image/decode.h"
#include "zoo/image/image.h"
#include "zoo/image/limits.h"
#include "zoo/image/preprocess.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const zoo::ImageLimits limits{.pixels = 1 << 18};  // so that an input takes no long time
  auto image = zoo::DecodeImage(std::as_bytes(std::span(data, size)), "input", limits);
  if (!image) return 0;
  if (image->rgb.size() != size_t{3} * image->width * image->height) std::abort();
  const zoo::Preset preset{.resize = 16, .crop = 24};
  auto crop = zoo::ResizeAndCrop(*image, preset);
  if (crop && zoo::Normalize(*crop, preset).size() != size_t{3} * 24 * 24) std::abort();
  return 0;
}
