#include "zoo/base/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "zoo/base/text.h"

namespace zoo {
namespace {

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

std::string Myself() { return fmt::format("process {} on {}", getpid(), HostName()); }

// For the message of who finds the lock taken. Nothing depends on it.
void SayWho(int fd) {
  const std::string text = Myself();
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) < 0) return;
}

std::string WhoHolds(int fd) {
  char text[300];
  const ssize_t size = pread(fd, text, sizeof text, 0);
  if (size <= 0) return "another process";
  const std::string who(text, static_cast<size_t>(size));
  return who == Myself() ? "this process itself" : Escape(who);
}

}  // namespace

Result<LockedFile> LockFile(const std::filesystem::path& path, const LockWords& words) {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666));
    if (!fd.valid()) return FileError("open", path, errno);
    int outcome;
    do {
      outcome = flock(fd.get(), LOCK_EX | LOCK_NB);
    } while (outcome != 0 && errno == EINTR);
    if (outcome != 0 && errno == EWOULDBLOCK) {
      return Error{ErrorCode::kDisk,
                   fmt::format("{}: {} has it open", words.what, WhoHolds(fd.get())), words.hint};
    }
    const bool excludes = outcome == 0;
    if (!excludes || IsNamed(fd.get(), path)) {
      SayWho(fd.get());
      return LockedFile{std::move(fd), excludes};
    }
  }
  return FileError("lock", path, ESTALE);
}

void UnlockFile(const std::filesystem::path& path, const LockedFile& lock) {
  if (lock.fd.valid() && lock.excludes) unlink(path.c_str());
}

}  // namespace zoo
