#include "zoo/image/decode.h"

#include <fmt/format.h>

#include <cstddef>
#include <string>

#include "zoo/base/file.h"
#include "zoo/base/sniff.h"
#include "zoo/base/text.h"
#include "zoo/image/jpeg.h"
#include "zoo/image/png.h"

namespace zoo {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kJpegStart = "\xff\xd8\xff"sv;
constexpr std::string_view kPngStart = "\x89PNG\r\n\x1a\n"sv;

struct Signature {
  size_t offset;
  std::string_view bytes;
  std::string_view what;
};

// Pictures of other formats. What is no picture at all is base/sniff.h's to name.
constexpr Signature kPictures[] = {
    {0, "GIF8"sv, "a GIF image"},       {8, "WEBP"sv, "a WebP image"},
    {0, "BM"sv, "a BMP image"},         {0, "II*\0"sv, "a TIFF image"},
    {0, "MM\0*"sv, "a TIFF image"},     {4, "ftypavif"sv, "an AVIF image"},
    {4, "ftyphei"sv, "a HEIF image"},   {4, "ftypmif1"sv, "a HEIF image"},
    {4, "JXL "sv, "a JPEG XL image"},   {0, "\xff\x0a"sv, "a JPEG XL image"},
    {4, "jP  "sv, "a JPEG 2000 image"}, {0, "P5"sv, "a PGM image"},
    {0, "P6"sv, "a PPM image"},         {0, "<svg"sv, "an SVG image"},
};

// Why bytes that are neither JPEG nor PNG are refused.
Error NotAPhoto(std::string_view text, std::string_view name) {
  auto refuse = [&](std::string_view what, std::string_view hint) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: this is {}, not a JPEG or PNG image", Escape(name, 1000), what),
                 std::string(hint)};
  };
  for (const Signature& picture : kPictures) {
    const bool reaches = text.size() > picture.offset;
    if (reaches && text.substr(picture.offset).starts_with(picture.bytes)) {
      return refuse(picture.what, "save it as JPEG or PNG");
    }
  }
  const Sniffed seen = Sniff(AsBytes(text));
  if (seen.kind == FileKind::kUnknown) {
    return refuse("a file that begins with " + Quote(text, 16), "");
  }
  // Of other programs' files the sniffer says that they are no weights.
  return refuse(seen.what, seen.kind == FileKind::kOther ? "" : seen.hint);
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
  if (text.starts_with(kJpegStart)) return DecodeJpeg(bytes, name, limits);
  if (text.starts_with(kPngStart)) return DecodePng(bytes, name, limits);
  if (text.empty()) {
    return Error{ErrorCode::kCorrupt, Escape(name, 1000) + ": the file is empty", ""};
  }
  return NotAPhoto(text, name);
}

Result<Image> DecodeImageFile(const std::filesystem::path& file, const ImageLimits& limits) {
  ZOO_ASSIGN_OR_RETURN(std::string bytes, ReadFile(file, limits.file_bytes));
  return DecodeImage(AsBytes(bytes), file.native(), limits);
}

bool BeginsLikePhoto(ByteView bytes) {
  const std::string_view text = AsText(bytes);
  return text.starts_with(kJpegStart) || text.starts_with(kPngStart);
}

}  // namespace zoo
