#include "zoo/cli/photo_reader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "zoo/base/preset.h"
#include "zoo/image/decode.h"
#include "zoo/image/preprocess.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

constexpr Preset kPreset{.resize = 40, .crop = 32};
const std::vector<std::string> kPhotos = {"chelsea.png", "china.jpg", "png_palette8.png",
                                          "jpeg_grey.jpg"};

PhotoFile Photo(const std::string& name) { return {"tests/data/photos/" + name, {}}; }

Pixels Expected(const PhotoFile& photo) {
  return Normalize(ResizeAndCrop(DecodeImageFile(photo.path).value(), kPreset).value(), kPreset);
}

TEST(PhotoReader, HandsOutPhotosInOrderWithAnyThreads) {
  std::vector<PhotoFile> photos;
  for (int i = 0; i < 10; ++i) photos.push_back(Photo(kPhotos[i * i % kPhotos.size()]));
  std::map<std::string, Pixels> expected;
  for (const std::string& name : kPhotos) expected[Photo(name).path] = Expected(Photo(name));
  const PhotoReader::Options rows[] = {{.ahead = 1, .threads = 1},
                                       {.ahead = 1, .threads = 8},
                                       {.ahead = 5, .threads = 3},
                                       {.ahead = 100, .threads = 8}};
  for (const PhotoReader::Options& options : rows) {
    PhotoReader reader(photos, kPreset, options);
    for (const PhotoFile& photo : photos) {
      const auto pixels = reader.Take();
      ASSERT_TRUE(pixels);
      EXPECT_EQ(pixels->value(), expected[photo.path]) << photo.path;
    }
    EXPECT_FALSE(reader.Take());
    EXPECT_FALSE(reader.Take());
  }
}

TEST(PhotoReader, APhotoThatCannotBeReadHasItsPlace) {
  const TempDir folder;
  const std::string text = (folder.path() / "a.jpg").native();
  std::ofstream(text) << "hello";
  const std::vector<PhotoFile> photos = {
      Photo("nowhere.jpg"),
      Photo("china.jpg"),
      {text, {}},
      {"folder", Error{ErrorCode::kDisk, "cannot read folder", ""}},
      Photo("chelsea.png")};
  PhotoReader reader(photos, kPreset, {.ahead = 2, .threads = 2});
  EXPECT_EQ(reader.Take()->error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(*reader.Take());
  EXPECT_EQ(reader.Take()->error().Text(),
            text + ": this is a file that begins with \"hello\", not a JPEG or PNG image");
  EXPECT_EQ(reader.Take()->error().Text(), "cannot read folder");
  EXPECT_TRUE(*reader.Take());
  EXPECT_FALSE(reader.Take());
}

TEST(PhotoReader, ErrorsOfThePresetNameThePhoto) {
  const std::vector<PhotoFile> photos = {Photo("chelsea.png")};
  PhotoReader reader(photos, {.resize = 0, .crop = 1}, {});
  EXPECT_EQ(reader.Take()->error().Text(),
            "tests/data/photos/chelsea.png: cannot resize to 0 and crop to 1 pixels: both must be "
            "positive");
}

TEST(PhotoReader, IsNeverFurtherAheadThanItMay) {
  const TempDir folder;
  std::vector<PhotoFile> photos;
  for (int i = 0; i < 8; ++i) {
    photos.push_back({(folder.path() / (std::to_string(i) + ".png")).native(), {}});
    fs::copy_file(Photo("png_rgb.png").path, photos.back().path);
  }
  PhotoReader reader(photos, kPreset, {.ahead = 2, .threads = 4});
  for (size_t i = 0; i < photos.size(); ++i) {
    // Photo i + 2 may be read only once photo i was taken.
    if (i + 2 < photos.size()) fs::remove(photos[i + 2].path);
    EXPECT_EQ(reader.Take()->has_value(), i < 2) << i;
  }
}

TEST(PhotoReader, MayGoAwayBeforeItsPhotosWereTaken) {
  std::vector<PhotoFile> photos(30, Photo("chelsea.png"));
  PhotoReader untouched(photos, kPreset, {.ahead = 10, .threads = 3});
  PhotoReader begun(photos, kPreset, {.ahead = 10, .threads = 3});
  EXPECT_TRUE(begun.Take());
}

TEST(PhotoReader, OfNoPhotosGivesNone) {
  PhotoReader reader({}, kPreset, {});
  EXPECT_FALSE(reader.Take());
}

}  // namespace
}  // namespace zoo::cli
