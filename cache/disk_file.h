// DiskFile: an open file of the cache, closed when this goes away. It turns the raw outcomes of the
// disk seam into Status, and deals with short counts and EINTR. One thread at a time.
#ifndef ZOO_CACHE_DISK_FILE_H_
#define ZOO_CACHE_DISK_FILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"

namespace zoo {

class DiskFile {
 public:
  static Result<DiskFile> Open(Disk& disk, DiskPath path, Disk::Access access);

  const DiskPath& path() const { return path_; }
  int fd() const { return fd_.get(); }

  // All of the bytes, or the negative errno that ended it.
  int Write(ByteView bytes, uint64_t offset);
  // As many bytes as there are, up to the size of `into`.
  Result<size_t> Read(std::span<std::byte> into, uint64_t offset);
  Status Sync();
  Status Truncate(uint64_t bytes);
  Status SetMode(unsigned mode);
  Result<FileInfo> Stat();
  // Feeds the first `bytes` to the hasher: kDisk if there are fewer, kCancelled if asked to stop.
  Status Hash(uint64_t bytes, Sha256& hasher, CancelToken cancel);

 private:
  DiskFile(Disk& disk, DiskPath path, int fd)
      : disk_(&disk), path_(std::move(path)), fd_(UniqueFd(fd)) {}
  Status Check(std::string_view verb, int outcome) const;

  Disk* disk_;
  DiskPath path_;
  UniqueFd fd_;
};

// The error of a call on `path` that returned a negative errno, with a hint where the user can do
// something about it.
Error DiskError(std::string_view verb, const DiskPath& path, int64_t negative_errno);

// The whole of a small file; kCorrupt if it is larger than `max_bytes`.
Result<std::string> ReadText(Disk& disk, const DiskPath& path, size_t max_bytes);

// Puts a small file in the place of another: `scratch` is written and renamed. Readers see the old
// one or the new one; after a power loss it may be neither, unless `sync` asks for it.
struct ReplaceOptions {
  bool sync = false;
  bool keep_existing = false;  // a file that has the name already stays: success
};
Status ReplaceText(Disk& disk, const DiskPath& scratch, const DiskPath& target,
                   std::string_view text, ReplaceOptions options = {});

// Until the names in that folder are on the medium.
Status SyncFolder(Disk& disk, const DiskPath& folder);

}  // namespace zoo

#endif  // ZOO_CACHE_DISK_FILE_H_
