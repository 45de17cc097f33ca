// FaultyDisk: a real disk on which things go wrong as a test says: the k-th call fails, or it and
// all that follow (what a killed process leaves), counts are short, calls are interrupted, the disk
// is full, locks do nothing, the power goes. What was synced is only remembered, for LosePower.
// Safe to use from several threads.
//
//   for (int k = 1;; ++k) {
//     FaultyDisk disk({.fail_at = k});
//     bool done = Pull(disk);
//     ...what must be true whatever failed...
//     if (disk.calls() < k) break;  // nothing failed any more
//   }
#ifndef ZOO_TESTS_SUPPORT_FAULTY_DISK_H_
#define ZOO_TESTS_SUPPORT_FAULTY_DISK_H_

#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "zoo/cache/disk.h"

namespace zoo {

struct DiskFaults {
  int fail_at = 0;                // the call that fails, counted from 1; 0: none
  int error = EIO;                // with this errno
  bool dead = false;              // and all calls after it, without any effect
  std::string only;               // counts and fails only calls of this name ("Sync"); empty: all
  bool short_counts = false;      // reads and writes move half of what they could
  bool interrupts = false;        // every second read or write is interrupted
  std::optional<uint64_t> room;   // bytes until the disk is full
  bool locks_do_nothing = false;  // everybody gets them
  bool locks_never_come = false;  // nobody does
};

class FaultyDisk final : public Disk {
 public:
  explicit FaultyDisk(DiskFaults faults = {}) : faults_(std::move(faults)) {}

  // Calls that counted, so far.
  int calls() const;
  // How often a call of that name was made.
  int calls(const std::string& name) const;
  // What a power loss leaves of all that was done through this disk: bytes that were not synced are
  // gone, whatever name their file has by now; names that were not synced are the old ones if
  // `names_too`.
  void LosePower(bool names_too);

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

 private:
  struct Name {
    DiskPath from, to;
  };
  // 0, or the negative errno that this call fails with.
  int Count(const std::string& name);
  bool Interrupted();
  uint64_t InodeOf(int fd);

  RealDisk disk_;
  const DiskFaults faults_;
  mutable std::mutex mutex_;  // of what follows
  std::map<std::string, int> calls_;
  int counted_ = 0;
  bool interrupt_next_ = true;
  uint64_t used_ = 0;
  std::set<uint64_t> dirty_;  // inodes with bytes that were not synced
  std::vector<Name> unsynced_names_;
  std::set<std::filesystem::path> roots_;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_FAULTY_DISK_H_
