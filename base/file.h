// The little that every room needs of files: a descriptor that closes itself, a whole small file as
// bytes, and the words for errno. The cache's own operations are behind cache/disk.h. Any thread.
#ifndef ZOO_BASE_FILE_H_
#define ZOO_BASE_FILE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "zoo/base/result.h"

namespace zoo {

// An open file descriptor, closed when this goes away.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// "cannot VERB PATH: No space left on device", with the code that fits: kNotFound for ENOENT and
// ENOTDIR, kDisk otherwise.
Error FileError(std::string_view verb, const std::filesystem::path& path, int error_number);

// The bytes of a regular file of at most `max_bytes`; a larger one is kCorrupt and is not read.
Result<std::string> ReadFile(const std::filesystem::path& path, uint64_t max_bytes);

// All of the bytes, from where the descriptor stands. `path` is for the message.
Status WriteAll(const UniqueFd& fd, std::string_view bytes, const std::filesystem::path& path);

// Until the names in a folder are on the medium. File systems that have no such operation are as
// good.
Status SyncFolder(const std::filesystem::path& folder);

// Makes a file of these bytes, or replaces the regular file that is there, all or nothing: a
// failure leaves what was there, and the file keeps its permissions. A device, pipe or symbolic
// link is written into.
Status WriteFile(const std::filesystem::path& path, std::string_view bytes);

}  // namespace zoo

#endif  // ZOO_BASE_FILE_H_
