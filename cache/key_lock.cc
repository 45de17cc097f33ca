#include "zoo/cache/key_lock.h"

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace zoo {
namespace {

using Kind = CacheName::Kind;
using std::chrono::milliseconds;

constexpr int kMostAttempts = 100;      // of locking; more means that inodes tell nothing here
constexpr milliseconds kStep{100};      // between looks at the cancel token
constexpr int kStepsBetweenLooks = 10;  // at the owner's bytes
constexpr int kPatientLooks = 60;       // without growth: its owner is stuck

DiskPath LockPath(const std::filesystem::path& root, const CacheKey& key) {
  return {root, CacheName{Kind::kLock, key, ""}.ToString()};
}

// Bytes that owners of this key have staged.
uint64_t BytesClaimed(Disk& disk, const std::filesystem::path& root, const CacheKey& key) {
  std::string folder(cache_names::kIngest);
  std::vector<std::string> names;
  disk.List({root, folder}, names);
  uint64_t bytes = 0;
  for (const std::string& name : names) {
    auto parsed = CacheName::Parse(folder + '/' + name);
    FileInfo info;
    if (!parsed || parsed->kind != Kind::kClaim || parsed->key != key) continue;
    if (disk.Stat({root, parsed->ToString()}, info) == 0) bytes += info.size;
  }
  return bytes;
}

}  // namespace

KeyLock::~KeyLock() {
  // While it is held: whoever waits for it finds that its name is gone, and starts over.
  if (file_) disk_->Remove(path_);
}

Result<int> KeyLock::Acquire(milliseconds wait) {
  // The file that was locked may not be the one of that name any more: its holder removed it.
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    auto file = DiskFile::Open(*disk_, path_, Disk::Access::kLock);
    if (!file) {
      // Another user's, in a shared cache: it can be read, and locked.
      auto readable = DiskFile::Open(*disk_, path_, Disk::Access::kRead);
      if (!readable) return std::move(file).error();
      file = std::move(readable);
    }
    int locked = disk_->Lock(file->fd(), wait);
    if (locked == -EWOULDBLOCK) return locked;
    if (locked < 0) return 0;
    FileInfo named;
    ZOO_ASSIGN_OR_RETURN(FileInfo opened, file->Stat());
    if (disk_->Stat(path_, named) == 0 && named.inode == opened.inode) {
      file_ = *std::move(file);
      return 0;
    }
  }
  return 0;
}

Result<std::unique_ptr<KeyLock>> KeyLock::Wait(Disk& disk, const std::filesystem::path& root,
                                               const CacheKey& key, CancelToken cancel) {
  std::unique_ptr<KeyLock> lock(new KeyLock(disk, LockPath(root, key)));
  uint64_t seen = 0;
  int looks = 0;
  for (int step = 0; looks < kPatientLooks; ++step) {
    ZOO_ASSIGN_OR_RETURN(int outcome, lock->Acquire(kStep));
    if (outcome == 0) return lock;
    if (cancel.cancelled()) {
      return Error{ErrorCode::kCancelled,
                   "another process is downloading this file; waiting for it was ended", ""};
    }
    if (step % kStepsBetweenLooks != 0) continue;
    uint64_t bytes = BytesClaimed(disk, root, key);
    looks = bytes == seen ? looks + 1 : 0;
    seen = bytes;
  }
  return lock;
}

Result<std::unique_ptr<KeyLock>> KeyLock::Try(Disk& disk, const std::filesystem::path& root,
                                              const CacheKey& key) {
  std::unique_ptr<KeyLock> lock(new KeyLock(disk, LockPath(root, key)));
  ZOO_ASSIGN_OR_RETURN(int outcome, lock->Acquire(milliseconds(0)));
  if (outcome != 0) lock.reset();
  return lock;
}

bool KeyLock::IsHeld(Disk& disk, const std::filesystem::path& root, const CacheKey& key) {
  auto file = DiskFile::Open(disk, LockPath(root, key), Disk::Access::kRead);
  return file && disk.Lock(file->fd(), milliseconds(0)) == -EWOULDBLOCK;
}

bool KeyLock::Excludes() const {
  if (!file_) return false;
  // A second descriptor stands for another process.
  auto second = DiskFile::Open(*disk_, path_, Disk::Access::kLock);
  return second && disk_->Lock(second->fd(), milliseconds(0)) == -EWOULDBLOCK;
}

}  // namespace zoo
