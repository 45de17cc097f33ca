#include "zoo/cli/photo_reader.h"

#include <algorithm>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/image/decode.h"
#include "zoo/image/image.h"
#include "zoo/image/preprocess.h"

namespace zoo::cli {
namespace {

Result<Pixels> Read(const PhotoFile& photo, const Preset& preset) {
  ZOO_RETURN_IF_ERROR(photo.found);
  ZOO_ASSIGN_OR_RETURN(const Image image, DecodeImageFile(photo.path));
  Result<Image> crop = ResizeAndCrop(image, preset);
  if (!crop) {
    Error error = std::move(crop).error();
    error.message = Escape(photo.path, 1000) + ": " + error.message;
    return error;
  }
  return Normalize(*crop, preset);
}

}  // namespace

PhotoReader::PhotoReader(std::span<const PhotoFile> photos, const Preset& preset,
                         const Options& options)
    : photos_(photos), preset_(preset), slots_(options.ahead) {
  const size_t threads = std::min({options.threads, options.ahead, photos.size()});
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

PhotoReader::~PhotoReader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
  threads_.clear();  // joins, while what they use is still there
}

std::optional<Result<Pixels>> PhotoReader::Take() {
  std::unique_lock lock(mutex_);
  if (taken_ == photos_.size()) return std::nullopt;
  std::optional<Result<Pixels>>& slot = slots_[taken_ % slots_.size()];
  const auto start = std::chrono::steady_clock::now();
  ready_.wait(lock, [&] { return slot.has_value(); });
  waited_ += std::chrono::steady_clock::now() - start;
  std::optional<Result<Pixels>> pixels = std::exchange(slot, std::nullopt);
  ++taken_;
  lock.unlock();
  room_.notify_one();
  return pixels;
}

void PhotoReader::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    room_.wait(lock, [&] {
      return stopping_ || next_ == photos_.size() || next_ < taken_ + slots_.size();
    });
    if (stopping_ || next_ == photos_.size()) return;
    const size_t photo = next_++;
    lock.unlock();
    Result<Pixels> pixels = Read(photos_[photo], preset_);
    lock.lock();
    slots_[photo % slots_.size()] = std::move(pixels);
    ready_.notify_one();
  }
}

}  // namespace zoo::cli
