#include "zoo/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "zoo/base/bytes.h"
#include "zoo/base/new_file.h"
#include "zoo/base/text.h"

namespace zoo {

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

Status WriteAll(const UniqueFd& fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t done = write(fd.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return FileError("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(done));
  }
  return {};
}

Status SyncFolder(const std::filesystem::path& folder) {
  UniqueFd fd(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A folder that may be written and not be read cannot be synced.
  if (!fd.valid() || fsync(fd.get()) == 0 || errno == EINVAL) return {};
  return FileError("sync", folder, errno);
}

Status WriteFile(const std::filesystem::path& path, std::string_view bytes) {
  ZOO_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(path));
  ZOO_RETURN_IF_ERROR(file.Append(AsBytes(bytes)));
  return file.Commit(NewFile::Sync::kNone);
}

}  // namespace zoo
