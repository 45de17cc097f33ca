#include "zoo/image/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "zoo/base/file.h"
#include "zoo/base/text.h"
#include "zoo/image/jpeg.h"
#include "zoo/image/png.h"

namespace zoo {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  size_t offset;
  std::string_view bytes;
  std::string_view what;
};

// The first row that fits names the file.
constexpr Magic kOthers[] = {
    {0, "GIF8"sv, "a GIF image"},       {8, "WEBP"sv, "a WebP image"},
    {0, "BM"sv, "a BMP image"},         {0, "II*\0"sv, "a TIFF image"},
    {0, "MM\0*"sv, "a TIFF image"},     {4, "ftypavif"sv, "an AVIF image"},
    {4, "ftyphei"sv, "a HEIF image"},   {4, "ftypmif1"sv, "a HEIF image"},
    {4, "JXL "sv, "a JPEG XL image"},   {0, "\xff\x0a"sv, "a JPEG XL image"},
    {4, "jP  "sv, "a JPEG 2000 image"}, {0, "P5"sv, "a PGM image"},
    {0, "P6"sv, "a PPM image"},         {0, "<svg"sv, "an SVG image"},
    {0, "%PDF"sv, "a PDF document"},    {0, "PK\x03\x04"sv, "a zip archive"},
    {0, "\x1f\x8b"sv, "gzip data"},     {0, "version https://git-lfs"sv, "a Git LFS pointer"},
    {0, "<"sv, "an HTML or XML page"},  {0, "{"sv, "JSON"},
};

bool StartsWith(std::string_view text, std::string_view what, size_t offset = 0) {
  return text.size() >= offset && text.substr(offset).starts_with(what);
}

std::string WhatItIs(std::string_view text) {
  size_t mark = StartsWith(text, "\xef\xbb\xbf") ? 3 : 0;
  size_t first = std::min(text.find_first_not_of(" \t\r\n", mark), text.size());
  for (const Magic& magic : kOthers) {
    if (StartsWith(text, magic.bytes, magic.offset)) return std::string(magic.what);
    bool readable = magic.bytes == "<" || magic.bytes == "{";
    if (readable && StartsWith(text.substr(first), magic.bytes)) return std::string(magic.what);
  }
  return "a file that begins with " + Quote(text, 16);
}

}  // namespace

Result<Image> DecodeImage(ByteView bytes, std::string_view name, const ImageLimits& limits) {
  if (bytes.size() > limits.file_bytes) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: {} exceed the limit of {} for a photo", Escape(name, 1000),
                             FormatSize(bytes.size()), FormatSize(limits.file_bytes)),
                 ""};
  }
  std::string_view text = AsText(bytes);
  if (StartsWith(text, "\xff\xd8\xff")) return DecodeJpeg(bytes, name, limits);
  if (StartsWith(text, "\x89PNG\r\n\x1a\n")) return DecodePng(bytes, name, limits);
  if (text.empty()) {
    return Error{ErrorCode::kCorrupt, Escape(name, 1000) + ": the file is empty", ""};
  }
  return Error{
      ErrorCode::kUnsupported,
      fmt::format("{}: this is {}, not a JPEG or PNG image", Escape(name, 1000), WhatItIs(text)),
      ""};
}

Result<Image> DecodeImageFile(const std::filesystem::path& file, const ImageLimits& limits) {
  ZOO_ASSIGN_OR_RETURN(std::string bytes, ReadFile(file, limits.file_bytes));
  return DecodeImage(AsBytes(bytes), file.native(), limits);
}

}  // namespace zoo
