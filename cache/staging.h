// Staging: the way of arriving bytes into a staged file: hashed once, in order, and written in
// large pieces. One thread at a time.
#ifndef ZOO_CACHE_STAGING_H_
#define ZOO_CACHE_STAGING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/disk_file.h"

namespace zoo {

class Staging {
 public:
  // `file` must outlive this.
  Staging(Disk& disk, DiskFile& file) : disk_(disk), file_(file) {}

  uint64_t size() const { return size_; }
  // Takes the bytes that the file has already.
  Status Resume(uint64_t bytes, CancelToken cancel);
  // 0, or the negative errno of a write: of these bytes or of earlier ones. Then nothing more can
  // be added.
  int Append(ByteView bytes);
  // Writes what is still in memory.
  int Flush();
  Status Restart();
  // The digest of all bytes; only after Flush.
  Digest Finish() { return hasher_.Finish(); }

 private:
  Disk& disk_;
  DiskFile& file_;
  Sha256 hasher_;
  std::vector<std::byte> buffer_;  // the last bytes, not yet written
  uint64_t size_ = 0;              // with those in the buffer
  int failed_ = 0;
};

}  // namespace zoo

#endif  // ZOO_CACHE_STAGING_H_
