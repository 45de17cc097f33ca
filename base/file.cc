#include "zoo/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"

namespace zoo {

namespace {

// `shown` stands for the file in messages.
Status WriteInto(const std::filesystem::path& path, int flags, std::string_view bytes,
                 const std::filesystem::path& shown) {
  UniqueFd fd(open(path.c_str(), flags, 0666));
  if (!fd.valid()) return FileError("write", shown, errno);
  while (!bytes.empty()) {
    ssize_t done = write(fd.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return FileError("write", shown, errno);
    bytes.remove_prefix(static_cast<size_t>(done));
  }
  // Some file systems tell only now that there was no room.
  if (close(fd.release()) != 0) return FileError("write", shown, errno);
  return {};
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

Error FileError(std::string_view verb, const std::filesystem::path& path, int error_number) {
  bool missing = error_number == ENOENT || error_number == ENOTDIR;
  return {missing ? ErrorCode::kNotFound : ErrorCode::kDisk,
          fmt::format("cannot {} {}: {}", verb, Escape(path.native(), 1000),
                      std::generic_category().message(error_number)),
          ""};
}

Result<std::string> ReadFile(const std::filesystem::path& path, uint64_t max_bytes) {
  // O_NONBLOCK: opening a named pipe that nobody writes to must not hang.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return FileError("open", path, errno);
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return FileError("read", path, errno);
  if (S_ISDIR(info.st_mode)) return FileError("read", path, EISDIR);
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kUsage, Escape(path.native(), 1000) + ": not a regular file", ""};
  }
  const Error too_large{ErrorCode::kCorrupt,
                        fmt::format("{}: larger than the limit of {}", Escape(path.native(), 1000),
                                    FormatSize(max_bytes)),
                        ""};
  if (static_cast<uint64_t>(info.st_size) > max_bytes) return too_large;
  std::string bytes;
  bytes.reserve(static_cast<size_t>(info.st_size));
  char buffer[65536];
  for (;;) {
    ssize_t got = read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(got));
    if (bytes.size() > max_bytes) return too_large;  // it grew
  }
}

Status WriteFile(const std::filesystem::path& path, std::string_view bytes) {
  struct stat info;
  if (lstat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return WriteInto(path, O_WRONLY | O_CLOEXEC | O_TRUNC, bytes, path);
  }
  std::filesystem::path partial = path;
  partial += fmt::format(".partial-{}", getpid());
  Status written = WriteInto(partial, O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, bytes, path);
  if (written && rename(partial.c_str(), path.c_str()) != 0) {
    written = FileError("write", path, errno);
  }
  if (!written) unlink(partial.c_str());
  return written;
}

}  // namespace zoo
