#include "zoo/cli/photo_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/text.h"
#include "zoo/image/decode.h"

namespace zoo::cli {
namespace fs = std::filesystem;
namespace {

bool IsCalledPhoto(const fs::path& file) {
  std::string ending = file.extension().native();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view kEndings[] = {".jpg", ".jpeg", ".png"};
  return std::ranges::find(kEndings, ending) != std::end(kEndings);
}

bool BeginsAsPhoto(const fs::path& file) {
  std::array<char, 8> bytes{};
  std::ifstream in(file, std::ios::binary);
  in.read(bytes.data(), bytes.size());
  return BeginsLikePhoto(AsBytes({bytes.data(), static_cast<size_t>(in.gcount())}));
}

// The order of paths part by part, so that a folder's files stay together: "a/z" before "a.jpg".
bool ComesBefore(const PhotoFile& a, const PhotoFile& b) {
  const auto rank = [](char c) { return c == '/' ? 0 : 1 + static_cast<unsigned char>(c); };
  return std::ranges::lexicographical_compare(a.path, b.path, {}, rank, rank);
}

std::vector<PhotoFile> PhotosBelow(const std::string& top) {
  std::vector<PhotoFile> photos;
  for (std::vector<fs::path> folders = {top}; !folders.empty();) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code failed, ignored;
    fs::directory_iterator entry(folder, failed);
    for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
      const fs::path& path = entry->path();
      if (path.filename().native().starts_with('.')) continue;
      if (entry->is_directory(ignored)) {
        if (!entry->is_symlink(ignored)) folders.push_back(path);
      } else if (entry->is_regular_file(ignored) && (IsCalledPhoto(path) || BeginsAsPhoto(path))) {
        photos.push_back({path.native(), {}});
      }
    }
    if (failed) photos.push_back({folder.native(), FileError("read", folder, failed.value())});
  }
  if (photos.empty()) {
    photos.push_back(
        {top, Error{ErrorCode::kNotFound,
                    fmt::format("there is no JPEG or PNG file in the folder {}", Quote(top, 1000)),
                    ""}});
  }
  std::ranges::sort(photos, ComesBefore);
  return photos;
}

}  // namespace

std::vector<PhotoFile> FindPhotos(std::span<const std::string> arguments) {
  std::vector<PhotoFile> photos;
  for (const std::string& argument : arguments) {
    std::error_code ignored;
    if (fs::is_directory(argument, ignored)) {
      std::ranges::move(PhotosBelow(argument), std::back_inserter(photos));
    } else {
      photos.push_back({argument, {}});
    }
  }
  return photos;
}

}  // namespace zoo::cli
