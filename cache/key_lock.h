// KeyLock: the lock that the owner of an ingest holds, so that two processes do not download one
// file twice. It saves work and no more: what is published is right without it, for there are file
// systems where locks do nothing. A lock of the kernel, gone with the process that held it. One
// thread at a time.
#ifndef ZOO_CACHE_KEY_LOCK_H_
#define ZOO_CACHE_KEY_LOCK_H_

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/disk_file.h"
#include "zoo/cache/layout.h"

namespace zoo {

class KeyLock {
 public:
  KeyLock(const KeyLock&) = delete;
  KeyLock& operator=(const KeyLock&) = delete;
  ~KeyLock();  // gives it back

  // Waits for as long as the owner's staged bytes grow, and a minute more; then, or where there are
  // no locks, goes on without. kCancelled if asked to stop.
  static Result<std::unique_ptr<KeyLock>> Wait(Disk& disk, const std::filesystem::path& root,
                                               const CacheKey& key, CancelToken cancel);
  // Null if another holds it.
  static Result<std::unique_ptr<KeyLock>> Try(Disk& disk, const std::filesystem::path& root,
                                              const CacheKey& key);
  // Whether another holds it. Writes nothing.
  static bool IsHeld(Disk& disk, const std::filesystem::path& root, const CacheKey& key);

  // True if this is held and locks keep others out here: then no other owner is alive.
  bool Excludes() const;

 private:
  KeyLock(Disk& disk, DiskPath path) : disk_(&disk), path_(std::move(path)) {}
  // 0, or -EWOULDBLOCK. Without locks `file_` stays empty and it is 0.
  Result<int> Acquire(std::chrono::milliseconds wait);

  Disk* disk_;
  DiskPath path_;
  std::optional<DiskFile> file_;  // open and locked
};

}  // namespace zoo

#endif  // ZOO_CACHE_KEY_LOCK_H_
