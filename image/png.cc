// One libpng reader per image. libpng reports by a callback that must not return; ours jumps back
// into Survives(). Between that frame and the jump lie libpng's own frames and lambdas without
// objects that need destroying, so no destructor is skipped.
#include "zoo/image/png.h"

#include <png.h>

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace zoo {
namespace {

constexpr std::string_view kFormat = "PNG";
// Deflate's densest code: 258 bytes for two bits.
constexpr uint64_t kMaxInflation = 1032;

struct Report {
  std::jmp_buf escape;
  bool cut = false;
  char text[200] = "";
  ByteView rest;  // not read yet
};

[[noreturn]] void Fail(png_structp png, png_const_charp why) {
  Report& report = *static_cast<Report*>(png_get_error_ptr(png));
  std::snprintf(report.text, sizeof report.text, "%s", why);
  std::longjmp(report.escape, 1);
}

// libpng warns of what does not touch the pixels: odd colour profiles, chunks out of place.
void Ignore(png_structp, png_const_charp) {}

void Read(png_structp png, png_bytep into, size_t count) {
  Report& report = *static_cast<Report*>(png_get_io_ptr(png));
  if (count > report.rest.size()) {
    report.cut = true;
    png_error(png, "the file ends");
  }
  std::memcpy(into, report.rest.data(), count);
  report.rest = report.rest.subspan(count);
}

template <typename Step>
bool Survives(Report& report, Step step) {
  if (setjmp(report.escape) != 0) return false;
  step();
  return true;
}

class PngReader {
 public:
  explicit PngReader(ByteView bytes) { report_.rest = bytes; }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool ReadHeader() {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &report_, Fail, Ignore);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
    if (info_ == nullptr) {
      std::snprintf(report_.text, sizeof report_.text, "libpng cannot start");
      return false;
    }
    return Survives(report_, [&] {
      png_set_read_fn(png_, &report_, Read);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // ours come after the header
      png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      png_read_info(png_, info_);
    });
  }
  // Rows of width() x 3 bytes, one after the other from `into` on.
  bool ReadRows(uint8_t* into) {
    return Survives(report_, [&] {
      png_set_strip_16(png_);
      png_set_expand(png_);
      png_set_strip_alpha(png_);
      png_set_gray_to_rgb(png_);
      int passes = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
      if (png_get_rowbytes(png_, info_) != size_t{width()} * 3) png_error(png_, "no RGB rows");
      for (int pass = 0; pass < passes; ++pass) {
        for (size_t y = 0; y < height(); ++y) {
          png_read_row(png_, into + y * width() * 3, nullptr);
        }
      }
      png_read_end(png_, nullptr);
    });
  }

  uint32_t width() const { return png_get_image_width(png_, info_); }
  uint32_t height() const { return png_get_image_height(png_, info_); }
  // Bytes of one row as compressed, without its filter byte.
  uint64_t row_bytes() const { return png_get_rowbytes(png_, info_); }
  Error Failure(std::string_view name, size_t bytes) const {
    return report_.cut ? CutImage(name, kFormat, bytes) : DamagedImage(name, kFormat, report_.text);
  }

 private:
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  Report report_;
};

}  // namespace

Result<Image> DecodePng(ByteView bytes, std::string_view name, const ImageLimits& limits) {
  PngReader reader(bytes);
  if (!reader.ReadHeader()) return reader.Failure(name, bytes.size());
  uint64_t width = reader.width(), height = reader.height();
  ZOO_RETURN_IF_ERROR(CheckPixels(width, height, name, limits));
  if (reader.row_bytes() * height / kMaxInflation > bytes.size()) {
    return TooFewBytes(name, kFormat, bytes.size(), width, height);
  }
  Image image{static_cast<int>(width), static_cast<int>(height), {}};
  image.rgb.resize(width * height * 3);
  if (!reader.ReadRows(image.rgb.data())) return reader.Failure(name, bytes.size());
  return image;
}

}  // namespace zoo
