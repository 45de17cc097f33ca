#include "zoo/cache/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <thread>

#include "zoo/base/file.h"

namespace zoo {
namespace {

constexpr int kFolderFlags = O_DIRECTORY | O_CLOEXEC | O_RDONLY;

// An open folder of the cache and the last part of a name in it.
struct Leaf {
  UniqueFd folder;
  std::string name;
  int error = 0;
};

// Walks the folders of a name one by one: none of them may be a symbolic link.
Leaf FindLeaf(const DiskPath& path) {
  Leaf leaf{UniqueFd(open(path.root.c_str(), kFolderFlags)), ".", 0};
  if (!leaf.folder.valid()) return {UniqueFd(), "", errno};
  std::string_view rest = path.name;
  while (!rest.empty()) {
    size_t slash = rest.find('/');
    leaf.name = rest.substr(0, slash);
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
    UniqueFd next(openat(leaf.folder.get(), leaf.name.c_str(), kFolderFlags | O_NOFOLLOW));
    if (!next.valid()) return {UniqueFd(), "", errno};
    leaf.folder = std::move(next);
  }
  return leaf;
}

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileInfo ToInfo(const struct stat& from) {
  FileInfo info;
  info.kind = S_ISREG(from.st_mode)   ? FileInfo::Kind::kFile
              : S_ISDIR(from.st_mode) ? FileInfo::Kind::kFolder
                                      : FileInfo::Kind::kOther;
  info.size = static_cast<uint64_t>(from.st_size);
  info.mtime_ns = Nanoseconds(from.st_mtim);
  info.ctime_ns = Nanoseconds(from.st_ctim);
  info.atime_ns = Nanoseconds(from.st_atim);
  info.inode = from.st_ino;
  info.links = from.st_nlink;
  info.ours = from.st_uid == geteuid();
  return info;
}

int OpenFlags(Disk::Access access) {
  switch (access) {
    case Disk::Access::kRead:
      return O_RDONLY;
    case Disk::Access::kUpdate:
      return O_RDWR;
    case Disk::Access::kCreate:
      return O_RDWR | O_CREAT | O_EXCL;
    case Disk::Access::kLock:
      return O_RDWR | O_CREAT;
    case Disk::Access::kFolder:
      return kFolderFlags;
  }
  std::abort();
}

int Outcome(int returned) { return returned < 0 ? -errno : returned; }

}  // namespace

int RealDisk::MakeFolder(const DiskPath& path) {
  std::error_code failed;
  std::filesystem::create_directories(path.root, failed);
  if (failed) return -failed.value();
  for (size_t end = 0; end != std::string::npos && !path.name.empty();) {
    end = path.name.find('/', end + 1);
    Leaf leaf = FindLeaf({path.root, path.name.substr(0, end)});
    if (leaf.error != 0) return -leaf.error;
    if (mkdirat(leaf.folder.get(), leaf.name.c_str(), 0777) != 0 && errno != EEXIST) return -errno;
  }
  return 0;
}

int RealDisk::Open(const DiskPath& path, Access access) {
  Leaf leaf = FindLeaf(path);
  if (leaf.error != 0) return -leaf.error;
  // O_NONBLOCK: a pipe planted under the name must not hang us.
  int flags = OpenFlags(access) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  int mode = access == Access::kLock ? 0666 : 0600;
  int opened = -1;
#ifdef O_NOATIME
  // Hashing a blob is no use of it. Only the owner may ask for this.
  if (access == Access::kRead) {
    opened = openat(leaf.folder.get(), leaf.name.c_str(), flags | O_NOATIME);
    if (opened < 0 && errno != EPERM) return -errno;
  }
#endif
  UniqueFd fd(opened >= 0 ? opened : openat(leaf.folder.get(), leaf.name.c_str(), flags, mode));
  if (!fd.valid()) return -errno;
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return -errno;
  bool expected = access == Access::kFolder ? S_ISDIR(info.st_mode) : S_ISREG(info.st_mode);
  return expected ? fd.release() : -ELOOP;
}

int64_t RealDisk::Read(int fd, std::span<std::byte> into, uint64_t offset) {
  ssize_t got = pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
  return got < 0 ? -errno : got;
}

int64_t RealDisk::Write(int fd, ByteView bytes, uint64_t offset) {
  ssize_t put = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  return put < 0 ? -errno : put;
}

void RealDisk::StartWriteBack(int fd, uint64_t offset, uint64_t bytes) {
#ifdef SYNC_FILE_RANGE_WRITE
  sync_file_range(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE);
#else
  (void)fd, (void)offset, (void)bytes;
#endif
}

int RealDisk::Sync(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return -errno;
  if (!S_ISDIR(info.st_mode)) return Outcome(fdatasync(fd));
  // Some file systems have no such thing as syncing a folder, and say so.
  return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : -errno;
}

int RealDisk::Truncate(int fd, uint64_t bytes) {
  return Outcome(ftruncate(fd, static_cast<off_t>(bytes)));
}

int RealDisk::SetMode(int fd, unsigned mode) { return Outcome(fchmod(fd, mode)); }

int RealDisk::Stat(const DiskPath& path, FileInfo& info) {
  Leaf leaf = FindLeaf(path);
  if (leaf.error != 0) return -leaf.error;
  struct stat found;
  if (fstatat(leaf.folder.get(), leaf.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
    return -errno;
  }
  info = ToInfo(found);
  return 0;
}

int RealDisk::StatOpen(int fd, FileInfo& info) {
  struct stat found;
  if (fstat(fd, &found) != 0) return -errno;
  info = ToInfo(found);
  return 0;
}

int RealDisk::Rename(const DiskPath& from, const DiskPath& to) {
  Leaf source = FindLeaf(from), target = FindLeaf(to);
  if (source.error != 0 || target.error != 0) return -std::max(source.error, target.error);
  return Outcome(
      renameat(source.folder.get(), source.name.c_str(), target.folder.get(), target.name.c_str()));
}

int RealDisk::Link(const DiskPath& from, const DiskPath& to) {
  Leaf source = FindLeaf(from), target = FindLeaf(to);
  if (source.error != 0 || target.error != 0) return -std::max(source.error, target.error);
  return Outcome(linkat(source.folder.get(), source.name.c_str(), target.folder.get(),
                        target.name.c_str(), 0));
}

int RealDisk::Remove(const DiskPath& path) {
  Leaf leaf = FindLeaf(path);
  if (leaf.error != 0) return -leaf.error;
  return Outcome(unlinkat(leaf.folder.get(), leaf.name.c_str(), 0));
}

int RealDisk::List(const DiskPath& folder, std::vector<std::string>& names) {
  int fd = Open(folder, Access::kFolder);
  if (fd < 0) return fd;
  std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(fd), closedir);
  if (stream == nullptr) {
    int failed = errno;
    close(fd);
    return -failed;
  }
  for (;;) {
    errno = 0;
    const dirent* found = readdir(stream.get());
    if (found == nullptr) return -errno;
    std::string_view name = found->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

int RealDisk::Lock(int fd, std::chrono::milliseconds wait) {
  constexpr std::chrono::milliseconds kStep{20};
  for (;;) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno != EINTR && errno != EWOULDBLOCK) return -errno;
    if (wait <= std::chrono::milliseconds::zero()) return -EWOULDBLOCK;
    std::this_thread::sleep_for(std::min(wait, kStep));
    wait -= kStep;
  }
}

int RealDisk::FreeBytes(const DiskPath& folder, uint64_t& bytes) {
  UniqueFd fd(Open(folder, Access::kFolder));
  if (!fd.valid()) return fd.get();
  struct statvfs info;
  if (fstatvfs(fd.get(), &info) != 0) return -errno;
  bytes = uint64_t{info.f_bavail} * info.f_frsize;
  return 0;
}

}  // namespace zoo
