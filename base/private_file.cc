#include "zoo/base/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "zoo/base/file.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

Status WriteThenName(UniqueFd fd, const fs::path& partial, const fs::path& path,
                     std::string_view bytes) {
  ZOO_RETURN_IF_ERROR(WriteAll(fd, bytes, path));
  if (fsync(fd.get()) != 0) return FileError("write", path, errno);
  if (close(fd.release()) != 0) return FileError("write", path, errno);
  if (rename(partial.c_str(), path.c_str()) != 0) return FileError("write", path, errno);
  return SyncFolder(path.parent_path());
}

}  // namespace

Status MakePrivateFolder(const fs::path& folder) {
  fs::path made;
  for (const fs::path& part : folder) {
    made /= part;
    std::error_code ignored;
    if (fs::is_directory(made, ignored)) continue;
    if (mkdir(made.c_str(), 0700) != 0 && errno != EEXIST) {
      return FileError("make the folder", made, errno);
    }
  }
  return {};
}

Status WritePrivateFile(const fs::path& path, std::string_view bytes) {
  std::error_code none;
  fs::path target = fs::canonical(path, none);
  if (none) target = path;
  fs::path partial = target;
  partial += fmt::format(".partial-{}", getpid());
  // One that is there is what a killed process of the same number left.
  unlink(partial.c_str());
  UniqueFd fd(open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return FileError("write", path, errno);
  Status written = WriteThenName(std::move(fd), partial, target, bytes);
  if (!written) unlink(partial.c_str());
  return written;
}

}  // namespace zoo
