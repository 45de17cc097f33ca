#include "zoo/image/decode.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/image/image.h"
#include "zoo/image/limits.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using std::string_literals::operator""s;

const std::string kPhotos = "tests/data/photos/";

std::string Bytes(const std::string& name) {
  auto bytes = ReadFile(kPhotos + name, 1 << 20);
  EXPECT_TRUE(bytes) << bytes.error().Text();
  return *bytes;
}

std::string HexOf(const std::vector<uint8_t>& bytes) {
  return Digest::Of(std::as_bytes(std::span(bytes))).hex();
}

Result<Image> Decode(std::string_view bytes, const ImageLimits& limits = {}) {
  return DecodeImage(AsBytes(bytes), "x", limits);
}

// The error of bytes that must be refused.
Error Refusal(std::string_view bytes, const ImageLimits& limits = {}) {
  auto image = Decode(bytes, limits);
  return image ? Error{ErrorCode::kUsage, "an image came back", ""} : image.error();
}

Error Cut(const std::string& format, size_t bytes) {
  return {ErrorCode::kCorrupt,
          "x: the file ends after " + std::to_string(bytes) + " bytes, before its " + format +
              " image does",
          "get the file again from where it came"};
}

uint32_t Crc(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (unsigned char byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::string BigEndian(uint32_t number, int bytes = 4) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i));
  return out;
}

std::string Chunk(const std::string& kind, const std::string& body) {
  return BigEndian(static_cast<uint32_t>(body.size())) + kind + body + BigEndian(Crc(kind + body));
}

// A PNG whose header promises that much and whose data are a few bytes.
std::string PngOf(uint32_t width, uint32_t height, char depth = 8, char colour = 2) {
  std::string header = BigEndian(width) + BigEndian(height) + depth + colour + "\0\0\0"s;
  return "\x89PNG\r\n\x1a\n" + Chunk("IHDR", header) + Chunk("IDAT", "\x78\x9c\x03\0"s);
}

// A JPEG of three components, a scan for each, whose blocks are all grey: the Huffman tables have
// one code each, "difference 0" and "end of block". Further scans of the first component follow.
std::string JpegOf(uint32_t width, uint32_t height, int further_scans = 0, char precision = 8) {
  std::string table = "\1" + std::string(15, '\0') + '\0';
  std::string bytes = "\xff\xd8\xff\xdb\0\x43\0"s + std::string(64, '\1');
  bytes += "\xff\xc0\0\x11"s + precision + BigEndian(height, 2) + BigEndian(width, 2);
  bytes += "\3\1\x11\0\2\x11\0\3\x11\0"s;
  bytes += "\xff\xc4\0\x14\0"s + table + "\xff\xc4\0\x14\x10"s + table;
  for (int scan = 0; scan < 3 + further_scans; ++scan) {
    bytes += "\xff\xda\0\x08\1"s + static_cast<char>(scan < 3 ? scan + 1 : 1) + "\0\0\x3f\0\x3f"s;
  }
  return bytes + "\xff\xd9";
}

TEST(Decode, EveryKindOfFileGivesPillowsBytes) {
  const auto made = ParseJson(Bytes("made.json"));
  ASSERT_TRUE(made);
  ASSERT_EQ(made->AsArray()->size(), 26u);
  for (const Json& row : *made->AsArray()) {
    const std::string& name = *row.Find("file")->AsString();
    auto image = DecodeImageFile(kPhotos + name);
    ASSERT_TRUE(image) << image.error().Text();
    EXPECT_EQ(image->width, row.Find("width")->AsInt64()) << name;
    EXPECT_EQ(image->height, row.Find("height")->AsInt64()) << name;
    EXPECT_EQ(HexOf(image->rgb), *row.Find("rgb_sha256")->AsString()) << name;
  }
}

TEST(Decode, HandMadeFilesAreSound) {
  auto grey = Decode(JpegOf(8, 8));
  ASSERT_TRUE(grey) << grey.error().Text();
  EXPECT_EQ(*grey, (Image{8, 8, std::vector<uint8_t>(8 * 8 * 3, 128)}));
}

TEST(Decode, WhatIsNoPhotoIsNamed) {
  const std::string save = "save it as JPEG or PNG",
                    page =
                        "the server answered with a page instead of the file: look at the "
                        "address in a browser",
                    unpack = "unpack it first";
  const struct {
    std::string bytes, what, hint;
  } rows[] = {
      {"GIF89a\1\0\1\0"s, "a GIF image", save},
      {"RIFF\x10\0\0\0WEBPVP8 "s, "a WebP image", save},
      {"BM\x36\0\0\0"s, "a BMP image", save},
      {"II*\0\x08\0\0\0"s, "a TIFF image", save},
      {"MM\0*\0\0\0\x08"s, "a TIFF image", save},
      {"\0\0\0\x1c"s + "ftypavif", "an AVIF image", save},
      {"\0\0\0\x18"s + "ftypheic", "a HEIF image", save},
      {"\0\0\0\x0cJXL \r\n"s, "a JPEG XL image", save},
      {"\xff\x0a\xfa\x7f", "a JPEG XL image", save},
      {"\0\0\0\x0cjP  \r\n"s, "a JPEG 2000 image", save},
      {"P6\n2 2\n255\n", "a PPM image", save},
      {"P5\n2 2\n255\n", "a PGM image", save},
      {"<svg xmlns=", "an SVG image", save},
      {"%PDF-1.7\n", "a PDF document", ""},
      {"\x7f"
       "ELF\2\1\1",
       "a program (ELF)", ""},
      {"PK\3\4\x14\0"s, "a zip archive", ""},
      {"\x1f\x8b\x08\0"s, "a gzip file", unpack},
      {"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer",
       "fetch the file it points to with `git lfs pull`"},
      {"<!DOCTYPE html><html>", "an HTML page", page},
      {"\xef\xbb\xbf \r\n<html>", "an HTML page", page},
      {"  {\"error\": 404}", "a JSON document", ""},
      {"hello\x1b[31m, this is text", "a file that begins with \"hello\\x1b[31m, this...\"", ""},
      {"\x89PNG\n\n", "a file that begins with \"\\x89PNG\\n\\n\"", ""},
      {"\0"s, "a file that begins with \"\\x00\"", ""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Refusal(row.bytes),
              (Error{ErrorCode::kUnsupported,
                     "x: this is " + row.what + ", not a JPEG or PNG image", row.hint}));
  }
  EXPECT_EQ(Refusal(""), (Error{ErrorCode::kCorrupt, "x: the file is empty", ""}));
}

TEST(Decode, FilesCutAnywhereAreNeverHalfAnImage) {
  for (const std::string name : {"chelsea.png", "rocket.jpg", "chelsea_420.jpg"}) {
    const std::string bytes = Bytes(name), format = name.ends_with("png") ? "PNG" : "JPEG";
    for (size_t size = 1024; size < bytes.size(); size += 1024) {
      EXPECT_EQ(Refusal(bytes.substr(0, size)), Cut(format, size)) << name;
    }
    EXPECT_EQ(Refusal(bytes.substr(0, bytes.size() - 1)), Cut(format, bytes.size() - 1)) << name;
  }
}

TEST(Decode, EveryPrefixOfASmallFileIsRefused) {
  for (const std::string name : {"jpeg_progressive.jpg", "jpeg_restart.jpg", "jpeg_cmyk.jpg",
                                 "png_interlaced.png", "png_palette4.png", "png_rgba16.png"}) {
    const std::string bytes = Bytes(name), format = name.ends_with("png") ? "PNG" : "JPEG";
    for (size_t size = format == "PNG" ? 8 : 3; size < bytes.size(); ++size) {
      ASSERT_EQ(Refusal(bytes.substr(0, size)), Cut(format, size)) << name;
    }
  }
}

TEST(Decode, EveryChangedByteOfAPngIsNoticed) {
  for (const std::string name : {"png_interlaced.png", "png_palette2.png", "png_rgb.png"}) {
    const std::string good = Bytes(name);
    for (size_t at = 0; at < good.size(); ++at) {
      for (int flip : {0x01, 0x20, 0xff}) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ flip);
        ASSERT_FALSE(Decode(bad)) << name << " byte " << at;
      }
    }
  }
}

// JPEG has no checksums: a changed byte may go unseen, but ends in an image or an error.
TEST(Decode, EveryChangedByteOfAJpegEndsWell) {
  const ImageLimits limits{.pixels = 1 << 20};
  for (const std::string name : {"jpeg_progressive.jpg", "jpeg_grey.jpg", "jpeg_ycck.jpg"}) {
    const std::string good = Bytes(name);
    int refused = 0;
    for (size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(~bad[at]);
      auto image = Decode(bad, limits);
      if (image) {
        ASSERT_EQ(image->rgb.size(), size_t{3} * image->width * image->height);
      } else {
        ASSERT_TRUE(image.error().message.starts_with("x: ")) << image.error().Text();
        ++refused;
      }
    }
    EXPECT_GT(refused, 200) << name;
  }
}

TEST(Decode, SizesAreComparedBeforeAnythingIsAllocated) {
  const ErrorCode corrupt = ErrorCode::kCorrupt, unsupported = ErrorCode::kUnsupported;
  const std::string limit = " pixels exceed the limit of 178956970 pixels",
                    smaller = "scale the photo down first",
                    again = "get the file again from where it came";
  const struct {
    std::string bytes;
    Error error;
  } rows[] = {
      {PngOf(13378, 13378), {unsupported, "x: 13378 x 13378" + limit, smaller}},
      {PngOf(2147483647, 2147483647), {unsupported, "x: 2147483647 x 2147483647" + limit, smaller}},
      {PngOf(1, 178956971), {unsupported, "x: 1 x 178956971" + limit, smaller}},
      {JpegOf(65500, 65500), {unsupported, "x: 65500 x 65500" + limit, smaller}},
      {PngOf(13377, 13377),
       {corrupt, "x: 49 bytes cannot hold the 13377 x 13377 pixels that its PNG header promises",
        again}},
      {JpegOf(13377, 13377),
       {corrupt, "x: 169 bytes cannot hold the 13377 x 13377 pixels that its JPEG header promises",
        again}},
  };
  for (const auto& row : rows) EXPECT_EQ(Refusal(row.bytes), row.error);
  EXPECT_EQ(Refusal(Bytes("jpeg_grey.jpg"), {.pixels = 97 * 73 - 1}),
            (Error{unsupported, "x: 97 x 73 pixels exceed the limit of 7080 pixels", smaller}));
  EXPECT_TRUE(Decode(Bytes("jpeg_grey.jpg"), {.pixels = 97 * 73}));
  EXPECT_EQ(Refusal(std::string(2049, 'x'), {.file_bytes = 2048}),
            (Error{unsupported, "x: 2.0 KiB exceed the limit of 2.0 KiB for a photo", ""}));
}

// The rest of these messages is libpng's and libjpeg's.
TEST(Decode, HeadersThatCannotBe) {
  std::string bad_check = PngOf(1, 1);
  bad_check[32] ^= 1;
  std::string unwanted = Bytes("jpeg_grey.jpg");
  unwanted[unwanted.find("\xff\xc0") + 1] = '\xc3';  // lossless
  const struct {
    std::string bytes, start;
    ErrorCode code = ErrorCode::kCorrupt;
  } rows[] = {
      {PngOf(0, 5), "x: damaged PNG image: "},
      {PngOf(5, 0), "x: damaged PNG image: "},
      {PngOf(0x80000000, 1), "x: damaged PNG image: "},
      {PngOf(1, 1, 3), "x: damaged PNG image: "},
      {PngOf(1, 1, 8, 5), "x: damaged PNG image: "},
      {PngOf(1, 1, 8, 3), "x: damaged PNG image: "},  // no palette
      {bad_check, "x: damaged PNG image: IHDR: CRC error"},
      {JpegOf(0, 8), "x: damaged JPEG image: "},
      {JpegOf(8, 0), "x: damaged JPEG image: "},
      {JpegOf(65535, 1), "x: damaged JPEG image: "},
      {JpegOf(8, 8, 500), "x: damaged JPEG image: more than 200 scans"},
      {"\xff\xd8\xff\xd9", "x: damaged JPEG image: "},
      {JpegOf(8, 8, 0, 12),
       "x: JPEG images of this kind cannot be read: ", ErrorCode::kUnsupported},
      {unwanted, "x: JPEG images of this kind cannot be read: ", ErrorCode::kUnsupported},
  };
  for (const auto& row : rows) {
    const Error error = Refusal(row.bytes);
    EXPECT_EQ(error.code, row.code) << error.Text();
    EXPECT_EQ(error.message.substr(0, row.start.size()), row.start);
  }
}

TEST(Decode, WarningsThatTouchNoPixelAreNoErrors) {
  const std::string good = Bytes("jpeg_grey.jpg");
  const Image image = *Decode(good);
  std::string stuffed = good;
  stuffed.insert(good.size() - 2, "\1\2\3");  // between the data and the end marker
  const std::string followed = good + "an appended thumbnail";
  for (const std::string& bytes : {stuffed, followed}) {
    auto same = Decode(bytes);
    ASSERT_TRUE(same) << same.error().Text();
    EXPECT_EQ(*same, image);
  }
  std::string profile = Bytes("png_rgb.png");
  profile.insert(33, Chunk("iCCP", "odd\0\0nonsense"s));
  auto photo = Decode(profile);
  ASSERT_TRUE(photo) << photo.error().Text();
  EXPECT_EQ(*photo, *Decode(Bytes("png_rgb.png")));
}

TEST(Decode, Files) {
  TempDir folder;
  const std::string path = folder.Write("a \"b\".png", "<html>").native();
  auto page = DecodeImageFile(path);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, folder.path().native() +
                                      "/a \\\"b\\\".png: this is an HTML page, not a JPEG or "
                                      "PNG image");
  auto missing = DecodeImageFile(folder.path() / "none.png");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(),
            (Error{ErrorCode::kNotFound,
                   "cannot open " + folder.path().native() + "/none.png: No such file or directory",
                   ""}));
  auto large = DecodeImageFile(kPhotos + "jpeg_grey.jpg", {.file_bytes = 1024});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error(),
            (Error{ErrorCode::kCorrupt, kPhotos + "jpeg_grey.jpg: larger than the limit of 1.0 KiB",
                   ""}));
}

// Some cameras write zeros where a baseline file's coefficients are named, which it has all of.
TEST(Decode, BaselineJpegWithoutItsRangeOfCoefficients) {
  const std::string good = Bytes("chelsea_420.jpg");
  std::string bytes = good;
  size_t at = bytes.find("\xff\xda\x00\x0c\x03"s);
  ASSERT_NE(at, std::string::npos);
  at += 11;
  ASSERT_EQ(bytes.substr(at, 3), "\0\x3f\0"s);
  bytes.replace(at, 3, 3, '\0');
  auto image = Decode(bytes), wanted = Decode(good);
  ASSERT_TRUE(wanted);
  ASSERT_TRUE(image) << image.error().Text();
  EXPECT_EQ(HexOf(image->rgb), HexOf(wanted->rgb));
}

}  // namespace
}  // namespace zoo
