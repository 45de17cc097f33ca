// The disk seam: the few calls through which the cache touches its folder. One of the four
// interfaces that tests replace, so it is thin: each call is one step that can fail or be killed,
// and what must be right in spite of that (short counts, EINTR, the order of steps) is above it.
//
//   RealDisk disk;
//   ZOO_ASSIGN_OR_RETURN(Store store, Store::Open(root, disk));
//
// Every call returns what the system call of that kind returns (a count, a descriptor, 0), or the
// negative errno. Safe to use from several threads.
#ifndef ZOO_CACHE_DISK_H_
#define ZOO_CACHE_DISK_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"

namespace zoo {

// A file of the cache. The root may be reached through symbolic links (it is the user's word);
// below it none is followed, in any part of the name.
struct DiskPath {
  std::filesystem::path root;
  std::string name;  // parts joined by '/', as layout.h makes them; empty: the root itself

  std::filesystem::path full() const { return name.empty() ? root : root / name; }
};

struct FileInfo {
  enum class Kind { kFile, kFolder, kOther };
  Kind kind = Kind::kOther;
  uint64_t size = 0;
  int64_t mtime_ns = 0, ctime_ns = 0, atime_ns = 0;  // since 1970
  uint64_t inode = 0;
  uint64_t links = 0;
  bool ours = false;  // owned by the user that this process runs as
};

class Disk {
 public:
  enum class Access {
    kRead,    // an existing file, read only
    kUpdate,  // an existing file, to read and write
    kCreate,  // a new file, to read and write, mode 0600; -EEXIST if the name is taken
    kLock,    // to read and write; made if it is not there
    kFolder,  // a folder, for Sync
  };

  virtual ~Disk() = default;
  // Makes the folder, its parents and the root; there already: 0.
  virtual int MakeFolder(const DiskPath& path) = 0;
  // A descriptor. Anything but a regular file (or, for kFolder, a folder) is refused: -ELOOP.
  virtual int Open(const DiskPath& path, Access access) = 0;
  virtual int64_t Read(int fd, std::span<std::byte> into, uint64_t offset) = 0;
  virtual int64_t Write(int fd, ByteView bytes, uint64_t offset) = 0;
  // Asks the kernel to begin writing a range back, so that a later Sync is short. Only a hint.
  virtual void StartWriteBack(int fd, uint64_t offset, uint64_t bytes) = 0;
  // Until the bytes (of a folder: the names) are on the medium.
  virtual int Sync(int fd) = 0;
  virtual int Truncate(int fd, uint64_t bytes) = 0;
  virtual int SetMode(int fd, unsigned mode) = 0;
  virtual int Stat(const DiskPath& path, FileInfo& info) = 0;
  virtual int StatOpen(int fd, FileInfo& info) = 0;
  // Replaces `to`.
  virtual int Rename(const DiskPath& from, const DiskPath& to) = 0;
  // A second name for a file; -EEXIST if `to` is taken.
  virtual int Link(const DiskPath& from, const DiskPath& to) = 0;
  virtual int Remove(const DiskPath& path) = 0;
  // The names in a folder, in no order, without "." and "..".
  virtual int List(const DiskPath& folder, std::vector<std::string>& names) = 0;
  // An exclusive lock of the kernel on the open file, given back when the descriptor is closed or
  // the process ends. Waits for it no longer than `wait`: -EWOULDBLOCK.
  virtual int Lock(int fd, std::chrono::milliseconds wait) = 0;
  // Bytes that this user may still write on the file system that holds the folder.
  virtual int FreeBytes(const DiskPath& folder, uint64_t& bytes) = 0;
};

class RealDisk final : public Disk {
 public:
  int MakeFolder(const DiskPath& path) override;
  int Open(const DiskPath& path, Access access) override;
  int64_t Read(int fd, std::span<std::byte> into, uint64_t offset) override;
  int64_t Write(int fd, ByteView bytes, uint64_t offset) override;
  void StartWriteBack(int fd, uint64_t offset, uint64_t bytes) override;
  int Sync(int fd) override;
  int Truncate(int fd, uint64_t bytes) override;
  int SetMode(int fd, unsigned mode) override;
  int Stat(const DiskPath& path, FileInfo& info) override;
  int StatOpen(int fd, FileInfo& info) override;
  int Rename(const DiskPath& from, const DiskPath& to) override;
  int Link(const DiskPath& from, const DiskPath& to) override;
  int Remove(const DiskPath& path) override;
  int List(const DiskPath& folder, std::vector<std::string>& names) override;
  int Lock(int fd, std::chrono::milliseconds wait) override;
  int FreeBytes(const DiskPath& folder, uint64_t& bytes) override;
};

}  // namespace zoo

#endif  // ZOO_CACHE_DISK_H_
