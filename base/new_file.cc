#include "zoo/base/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace zoo {
namespace {

constexpr int kMostLinks = 40;  // in a row, as Linux follows
constexpr int kNames = 100;     // of temporary files, tried before giving up
constexpr std::string_view kPartial = ".partial-";

// What follows a file's name in the name of the `attempt`-th temporary file.
std::string PartialSuffix(int attempt) {
  std::string suffix = fmt::format("{}{}", kPartial, getpid());
  return attempt == 0 ? suffix : fmt::format("{}-{}", suffix, attempt);
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsFull(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}

}  // namespace

NewFile::~NewFile() {
  // A moved-from path is empty.
  if (!partial_.empty()) unlink(partial_.c_str());
}

Error NewFile::WriteError(int error_number) const {
  Error error = FileError("write", path_, error_number);
  if (IsFull(error_number) && expected_ > 0) {
    error.hint =
        fmt::format("the file needs {} ({} bytes): make room", FormatSize(expected_), expected_);
  }
  return error;
}

Result<NewFile> NewFile::Create(const std::filesystem::path& path, uint64_t expected) {
  NewFile file(path, expected);
  ZOO_RETURN_IF_ERROR(file.Open());
  return file;
}

Status NewFile::Open() {
  std::error_code failed;
  target_ = path_;
  for (int i = 0; std::filesystem::is_symlink(target_, failed); ++i) {
    if (i == kMostLinks) return WriteError(ELOOP);
    const std::filesystem::path next = std::filesystem::read_symlink(target_, failed);
    if (failed) return WriteError(failed.value());
    target_ = target_.parent_path() / next;
  }
  struct stat info;
  const bool exists = stat(target_.c_str(), &info) == 0;
  if (exists && !S_ISREG(info.st_mode)) {
    fd_ = UniqueFd(open(target_.c_str(), O_WRONLY | O_CLOEXEC | O_TRUNC));
    return fd_.valid() ? Status() : WriteError(errno);
  }
  // A killed process of the same number may have left its file, and another thread may write the
  // same name.
  for (int i = 0; i < kNames && !fd_.valid(); ++i) {
    std::filesystem::path name = target_;
    name += PartialSuffix(i);
    fd_ = UniqueFd(open(name.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, 0666));
    if (fd_.valid()) partial_ = std::move(name);
    if (!fd_.valid() && errno != EEXIST) break;
  }
  if (!fd_.valid()) return WriteError(errno);
  if (exists && fchmod(fd_.get(), info.st_mode & 07777) != 0) return WriteError(errno);
  return {};
}

Status NewFile::Append(ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t done = write(fd_.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return WriteError(errno);
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
  return {};
}

Status NewFile::Commit(Sync sync) {
  // A device or pipe cannot be synced, and need not.
  const bool to_disk = sync == Sync::kDisk && !partial_.empty();
  if (to_disk && fsync(fd_.get()) != 0) return WriteError(errno);
  // Some file systems tell only now that there was no room.
  if (close(fd_.release()) != 0) return WriteError(errno);
  if (partial_.empty()) return {};
  if (rename(partial_.c_str(), target_.c_str()) != 0) return WriteError(errno);
  partial_.clear();
  return to_disk ? SyncFolder(target_.parent_path()) : Status();
}

std::optional<std::string> NewFile::NameOfPartial(std::string_view name) {
  const size_t at = name.rfind(kPartial);
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  std::string_view numbers = name.substr(at + kPartial.size());
  const size_t dash = numbers.find('-');
  if (dash != std::string_view::npos && !IsNumber(numbers.substr(dash + 1))) return std::nullopt;
  if (!IsNumber(numbers.substr(0, dash))) return std::nullopt;
  return std::string(name.substr(0, at));
}

}  // namespace zoo
