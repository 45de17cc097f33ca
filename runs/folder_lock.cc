#include "zoo/runs/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr std::string_view kName = ".run.lock";
constexpr int kMostAttempts = 100;  // of locking; more means that inodes tell nothing here

// Whether the open file is the one of that name: its holder may have removed it meanwhile.
bool IsNamed(int fd, const std::filesystem::path& path) {
  struct stat opened, named;
  return fstat(fd, &opened) == 0 && lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

std::string HostName() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0) return "?";
  return name;
}

// For the message of who finds the lock taken. Nothing depends on it.
void SayWho(int fd) {
  const std::string text = fmt::format("process {} on {}", getpid(), HostName());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) < 0) return;
}

std::string WhoHolds(int fd) {
  char text[300];
  const ssize_t size = pread(fd, text, sizeof text, 0);
  if (size <= 0) return "another process";
  const std::string who(text, static_cast<size_t>(size));
  if (who == fmt::format("process {} on {}", getpid(), HostName())) return "this process itself";
  return Escape(who);
}

}  // namespace

Result<FolderLock> FolderLock::Take(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kName;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666));
    if (!fd.valid()) return FileError("open", path, errno);
    int outcome;
    do {
      outcome = flock(fd.get(), LOCK_EX | LOCK_NB);
    } while (outcome != 0 && errno == EINTR);
    if (outcome != 0 && errno == EWOULDBLOCK) {
      return Error{ErrorCode::kDisk,
                   fmt::format("cannot open the run in {}: {} has it open",
                               Escape(folder.native(), 1000), WhoHolds(fd.get())),
                   "wait until that is done, or give this run another folder"};
    }
    const bool excludes = outcome == 0;
    if (!excludes || IsNamed(fd.get(), path)) {
      SayWho(fd.get());
      return FolderLock(path, std::move(fd), excludes);
    }
  }
  return FileError("lock", path, ESTALE);
}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(excludes_, other.excludes_);
  return *this;
}

FolderLock::~FolderLock() {
  // While it is held: whoever waits at the file finds that its name is gone, and starts over.
  if (fd_.valid() && excludes_) unlink(path_.c_str());
}

}  // namespace zoo
