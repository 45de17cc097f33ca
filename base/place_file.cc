// 1. A new name beside the target, which nobody else has.
// 2. Reflink it (the file system shares the blocks), or else link it to the file, or else copy.
// 3. Sync what is new, rename it over the target, sync the folder.
#include "zoo/base/place_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#ifdef __linux__
#include <linux/fs.h>
#endif

#include "zoo/base/file.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = 1 << 20;
constexpr mode_t kMode = 0666;  // less the umask

// A name in the target's folder, removed again unless it became the target.
class NewName {
 public:
  explicit NewName(const fs::path& target)
      : path_(target.parent_path() /
              fmt::format(".{}.{:08x}.part", target.filename().string(), std::random_device{}())) {}
  NewName(const NewName&) = delete;
  NewName& operator=(const NewName&) = delete;
  ~NewName() { unlink(path_.c_str()); }

  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

bool Reflink(int from, int to) {
#ifdef FICLONE
  return ioctl(to, FICLONE, from) == 0;
#else
  return (void)from, (void)to, false;
#endif
}

Status CopyBytes(const UniqueFd& from, const UniqueFd& to, const fs::path& path,
                 CancelToken cancel) {
  std::vector<char> buffer(kPieceBytes);
  for (;;) {
    if (cancel.cancelled()) {
      return Error{ErrorCode::kCancelled, fmt::format("{}: cancelled", Escape(path.string())), ""};
    }
    const ssize_t got = read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read what is to be in", path, errno);
    if (got == 0) return {};
    ZOO_RETURN_IF_ERROR(WriteAll(to, {buffer.data(), static_cast<size_t>(got)}, path));
  }
}

// Fills the new name, which does not exist yet.
Result<Placed> Fill(const fs::path& from, const fs::path& fresh, const fs::path& target,
                    const PlaceOptions& options) {
  const UniqueFd source(open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.valid()) return FileError("open", from, errno);
  UniqueFd copy(open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
  if (!copy.valid()) return FileError("create", target, errno);
  Placed placed = Placed::kReflink;
  if (!Reflink(source.get(), copy.get())) {
    unlink(fresh.c_str());
    if (options.hard_link && link(from.c_str(), fresh.c_str()) == 0) return Placed::kHardLink;
    copy = UniqueFd(open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
    if (!copy.valid()) return FileError("create", target, errno);
    placed = Placed::kCopy;
    ZOO_RETURN_IF_ERROR(CopyBytes(source, copy, target, options.cancel));
  }
  if (fsync(copy.get()) != 0) return FileError("write", target, errno);
  return placed;
}

}  // namespace

Result<Placed> PlaceFile(const fs::path& from, const fs::path& to, const PlaceOptions& options) {
  std::error_code ignored;
  if (fs::is_directory(to, ignored) || !to.has_filename()) {
    return Error{ErrorCode::kUsage, fmt::format("{} is a folder", Escape(to.string())),
                 "name a file"};
  }
  // Renaming over a device or a pipe would take it away from everybody.
  if (fs::exists(to, ignored) && !fs::is_regular_file(to, ignored)) {
    return Error{ErrorCode::kUsage, fmt::format("{} is not a regular file", Escape(to.string())),
                 "name a file"};
  }
  const fs::path target = fs::absolute(to, ignored);
  const NewName fresh(target);
  ZOO_ASSIGN_OR_RETURN(const Placed placed, Fill(from, fresh.path(), target, options));
  if (rename(fresh.path().c_str(), target.c_str()) != 0) {
    return FileError("create", target, errno);
  }
  ZOO_RETURN_IF_ERROR(SyncFolder(target.parent_path()));
  return placed;
}

}  // namespace zoo
