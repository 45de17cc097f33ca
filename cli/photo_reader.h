// PhotoReader: photos are decoded, resized and normalised in threads of its own while somebody else
// is busy with those that are ready. They are handed out in their order, and only so many are ready
// or in work at a time: memory does not grow with their number. One thread takes; the reader's own
// threads end with it, as soon as the photos in work are done.
//
//   PhotoReader reader(photos, preset, {.ahead = 16, .threads = 2});
//   while (auto pixels = reader.Take()) ...
#ifndef ZOO_CLI_PHOTO_READER_H_
#define ZOO_CLI_PHOTO_READER_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/cli/photo_files.h"

namespace zoo::cli {

// float32 [3, crop, crop]
using Pixels = std::vector<float>;

class PhotoReader {
 public:
  struct Options {
    size_t ahead = 1;  // photos that are ready or in work; at least 1
    size_t threads = 1;
  };
  // The photos must outlive the reader.
  PhotoReader(std::span<const PhotoFile> photos, const Preset& preset, const Options& options);
  ~PhotoReader();

  // What the next photo gave, or why it gave nothing; waits for it. Nothing after the last one.
  std::optional<Result<Pixels>> Take();
  // How long Take has waited so far.
  std::chrono::duration<double> waited() const { return waited_; }

 private:
  void Work();

  const std::span<const PhotoFile> photos_;
  const Preset preset_;
  std::chrono::duration<double> waited_{0};

  std::mutex mutex_;  // for all of the following
  std::condition_variable room_, ready_;
  bool stopping_ = false;
  size_t next_ = 0;   // the first photo that no thread works on
  size_t taken_ = 0;  // the first photo that was not taken; next_ <= taken_ + slots_.size()
  std::vector<std::optional<Result<Pixels>>> slots_;  // photo i is in slot i % size

  std::vector<std::jthread> threads_;
};

}  // namespace zoo::cli

#endif  // ZOO_CLI_PHOTO_READER_H_
