// One libjpeg decompressor per image. libjpeg reports by a callback that must not return; ours
// jumps back into Survives(). Between that frame and the jump lie libjpeg's own frames and lambdas
// without objects that need destroying, so no destructor is skipped.
#include "zoo/image/jpeg.h"

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <vector>

// clang-format off: jpeglib.h takes FILE from whoever includes it, jerror.h the same of jpeglib.h
#include <jerror.h>
#include <jpeglib.h>

#include <cstdio>
// clang-format on

namespace zoo {
namespace {

constexpr std::string_view kFormat = "JPEG";
// A progressive file of a few kilobytes can ask for any number of passes over all pixels; encoders
// write about ten.
constexpr int kMaxScans = 200;
// Huffman coding spends at least a bit on each block of 8 x 8 luminance samples.
constexpr uint64_t kPixelsPerByte = 64 * 8;

// Warnings of libjpeg after which every pixel is still as the encoder meant it. The others say that
// it made pixels up.
bool IsHarmless(int warning) {
  return warning == JWRN_EXTRANEOUS_DATA || warning == JWRN_ADOBE_XFORM ||
         warning == JWRN_JFIF_MAJOR || warning == JWRN_NOT_SEQUENTIAL;
}

// Errors of libjpeg that say what it cannot do, not that the file is damaged.
bool IsUnreadKind(int error) {
  return error == JERR_CONVERSION_NOTIMPL || error == JERR_BAD_PRECISION ||
         error == JERR_SOF_UNSUPPORTED || error == JERR_ARITH_NOTIMPL || error == JERR_NOT_COMPILED;
}

struct Report {
  std::jmp_buf escape;
  int code = 0;
  char text[JMSG_LENGTH_MAX] = "";
};

Report& ReportOf(j_common_ptr info) { return *static_cast<Report*>(info->client_data); }

[[noreturn]] void Fail(j_common_ptr info) {
  Report& report = ReportOf(info);
  report.code = info->err->msg_code;
  info->err->format_message(info, report.text);
  std::longjmp(report.escape, 1);
}

void Warn(j_common_ptr info, int level) {
  if (level < 0 && !IsHarmless(info->err->msg_code)) Fail(info);
}

void CountScans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
  Report& report = ReportOf(info);
  std::snprintf(report.text, sizeof report.text, "more than %d scans", kMaxScans);
  std::longjmp(report.escape, 1);
}

template <typename Step>
bool Survives(Report& report, Step step) {
  if (setjmp(report.escape) != 0) return false;
  step();
  return true;
}

class JpegReader {
 public:
  JpegReader() {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = Fail;
    errors_.emit_message = Warn;
    info_.client_data = &report_;
    progress_.progress_monitor = CountScans;
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool ReadHeader(ByteView bytes) {
    return Survives(report_, [&] {
      jpeg_create_decompress(&info_);
      info_.progress = &progress_;
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
      jpeg_read_header(&info_, TRUE);
    });
  }
  // Rows of width() x channels() bytes, one after the other from `into` on.
  bool ReadRows(uint8_t* into) {
    return Survives(report_, [&] {
      info_.out_color_space = channels() == 4 ? JCS_CMYK : JCS_RGB;
      jpeg_start_decompress(&info_);
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = into + size_t{info_.output_scanline} * width() * channels();
        jpeg_read_scanlines(&info_, &row, 1);
      }
      jpeg_finish_decompress(&info_);
    });
  }

  uint32_t width() const { return info_.image_width; }
  uint32_t height() const { return info_.image_height; }
  int channels() const { return info_.num_components == 4 ? 4 : 3; }
  bool arithmetic() const { return info_.arith_code; }
  Error Failure(std::string_view name, size_t bytes) const {
    if (report_.code == JWRN_JPEG_EOF) return CutImage(name, kFormat, bytes);
    return IsUnreadKind(report_.code) ? UnreadKind(name, kFormat, report_.text)
                                      : DamagedImage(name, kFormat, report_.text);
  }

 private:
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  Report report_;
};

// a * b / 255, rounded.
int Scale(int a, int b) {
  int product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

// Ink as Adobe's programs store it, inverted, to light, as PIL does it: no colour profile, black
// takes its share of the other three. In place, over the front of the buffer.
void InkToRgb(std::vector<uint8_t>& pixels) {
  size_t count = pixels.size() / 4;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* ink = &pixels[i * 4];
    uint8_t* rgb = &pixels[i * 3];
    int light = ink[3];
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(light - Scale(255 - ink[c], light));
  }
  pixels.resize(count * 3);
}

}  // namespace

Result<Image> DecodeJpeg(ByteView bytes, std::string_view name, const ImageLimits& limits) {
  JpegReader reader;
  if (!reader.ReadHeader(bytes)) return reader.Failure(name, bytes.size());
  uint64_t width = reader.width(), height = reader.height();
  ZOO_RETURN_IF_ERROR(CheckPixels(width, height, name, limits));
  if (!reader.arithmetic() && width * height / kPixelsPerByte > bytes.size()) {
    return TooFewBytes(name, kFormat, bytes.size(), width, height);
  }
  Image image{static_cast<int>(width), static_cast<int>(height), {}};
  image.rgb.resize(width * height * reader.channels());
  if (!reader.ReadRows(image.rgb.data())) return reader.Failure(name, bytes.size());
  if (reader.channels() == 4) InkToRgb(image.rgb);
  return image;
}

}  // namespace zoo
