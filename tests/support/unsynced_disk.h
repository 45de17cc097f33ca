// The real disk without waiting for the medium, for tests that publish thousands of files and are
// not about crashes.
#ifndef ZOO_TESTS_SUPPORT_UNSYNCED_DISK_H_
#define ZOO_TESTS_SUPPORT_UNSYNCED_DISK_H_

#include "zoo/cache/disk.h"

namespace zoo {

class UnsyncedDisk final : public Disk {
 public:
  int Sync(int) override { return 0; }
  void StartWriteBack(int, uint64_t, uint64_t) override {}

  int MakeFolder(const DiskPath& path) override { return real_.MakeFolder(path); }
  int Open(const DiskPath& path, Access access) override { return real_.Open(path, access); }
  int64_t Read(int fd, std::span<std::byte> into, uint64_t offset) override {
    return real_.Read(fd, into, offset);
  }
  int64_t Write(int fd, ByteView bytes, uint64_t offset) override {
    return real_.Write(fd, bytes, offset);
  }
  int Truncate(int fd, uint64_t bytes) override { return real_.Truncate(fd, bytes); }
  int SetMode(int fd, unsigned mode) override { return real_.SetMode(fd, mode); }
  int Stat(const DiskPath& path, FileInfo& info) override { return real_.Stat(path, info); }
  int StatOpen(int fd, FileInfo& info) override { return real_.StatOpen(fd, info); }
  int Rename(const DiskPath& from, const DiskPath& to) override { return real_.Rename(from, to); }
  int Link(const DiskPath& from, const DiskPath& to) override { return real_.Link(from, to); }
  int Remove(const DiskPath& path) override { return real_.Remove(path); }
  int List(const DiskPath& folder, std::vector<std::string>& names) override {
    return real_.List(folder, names);
  }
  int Lock(int fd, std::chrono::milliseconds wait) override { return real_.Lock(fd, wait); }
  int FreeBytes(const DiskPath& folder, uint64_t& bytes) override {
    return real_.FreeBytes(folder, bytes);
  }

 private:
  RealDisk real_;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_UNSYNCED_DISK_H_
