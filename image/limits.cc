#include "zoo/image/limits.h"

#include <fmt/format.h>

#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr std::string_view kFetchAgain = "get the file again from where it came";

std::string Shown(std::string_view name) { return Escape(name, 1000); }

}  // namespace

Status CheckPixels(uint64_t width, uint64_t height, std::string_view name,
                   const ImageLimits& limits) {
  auto pixels = CheckedMultiply(width, height);
  if (pixels && *pixels <= limits.pixels) return {};
  return Error{ErrorCode::kUnsupported,
               fmt::format("{}: {} x {} pixels exceed the limit of {} pixels", Shown(name), width,
                           height, limits.pixels),
               "scale the photo down first"};
}

Error CutImage(std::string_view name, std::string_view format, uint64_t bytes) {
  return {ErrorCode::kCorrupt,
          fmt::format("{}: the file ends after {} bytes, before its {} image does", Shown(name),
                      bytes, format),
          std::string(kFetchAgain)};
}

Error DamagedImage(std::string_view name, std::string_view format, std::string_view why) {
  return {ErrorCode::kCorrupt,
          fmt::format("{}: damaged {} image: {}", Shown(name), format, Escape(why)),
          std::string(kFetchAgain)};
}

Error UnreadKind(std::string_view name, std::string_view format, std::string_view why) {
  return {ErrorCode::kUnsupported,
          fmt::format("{}: {} images of this kind cannot be read: {}", Shown(name), format,
                      Escape(why)),
          "save it as a common RGB image"};
}

Error TooFewBytes(std::string_view name, std::string_view format, uint64_t bytes, uint64_t width,
                  uint64_t height) {
  return {ErrorCode::kCorrupt,
          fmt::format("{}: {} bytes cannot hold the {} x {} pixels that its {} header promises",
                      Shown(name), bytes, width, height, format),
          std::string(kFetchAgain)};
}

}  // namespace zoo
