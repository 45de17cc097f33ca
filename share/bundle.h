// Bundle: locked weights in one file, for a machine without a network. A plain POSIX tar that any
// tar lists: zoo.lock, entries.json, then blobs/sha256/<hex> sorted; owner 0, time 0, mode 0444.
// The same content is the same bytes, so that a bundle has exactly one form, and a reader that
// takes no other has nothing to guess. docs/lock_files.md describes it.
//
//   ZOO_RETURN_IF_ERROR(WriteBundle({.lock = lock, .blobs = blobs}, "weights.tar"));
//
//   ZOO_ASSIGN_OR_RETURN(Bundle bundle, Bundle::Open("weights.tar"));
//   for (const BundledBlob& blob : bundle.blobs()) ...   // read, or put into a cache: unbundle.h
//
// A Bundle is an open file, read by position: any thread.
#ifndef ZOO_SHARE_BUNDLE_H_
#define ZOO_SHARE_BUNDLE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"
#include "zoo/share/entries.h"
#include "zoo/share/lock.h"

namespace zoo {

// Bytes that are done of those of one file.
using BundleProgress = std::function<void(const LockedWeights& weights, uint64_t bytes)>;

struct BundleContents {
  Lock lock;
  std::vector<BundledRegistry> registries;
  std::vector<Blob> blobs;  // of the lock, in any order; those that are left out are left out
};

struct WriteBundleOptions {
  BundleProgress progress;
  CancelToken cancel;
};

// Writes a new file, which takes its name when it is complete; memory does not grow with the blobs.
// Each blob is hashed on its way: kCorrupt if it is not what its name says, and kMismatch if it is
// not of the lock; kDisk names the bytes that the file needs; kCancelled. Answers the file's size.
Result<uint64_t> WriteBundle(const BundleContents& contents, const std::filesystem::path& path,
                             const WriteBundleOptions& options = {});

// A file in a bundle, whose bytes nobody has looked at yet.
struct BundledBlob {
  Digest digest;  // that it must have
  uint64_t size = 0;
  uint64_t offset = 0;
};

class Bundle {
 public:
  // Reads all but the blobs: zoo.lock, entries.json, and that behind them come files of the lock
  // with the sizes that the lock says, in order, none twice, and then nothing. kCorrupt, with the
  // byte offset, for anything that WriteBundle would not have written: links, other names, other
  // sizes, bytes behind the end. kUsage for what is no regular file.
  static Result<Bundle> Open(const std::filesystem::path& path);

  const std::string& name() const { return name_; }  // the file, as messages call it
  const Lock& lock() const { return lock_; }
  const std::vector<BundledRegistry>& registries() const { return registries_; }
  const std::vector<BundledBlob>& blobs() const { return blobs_; }  // sorted by digest
  // Null: a bundle made with --only-missing left it out.
  const BundledBlob* Find(const Digest& digest) const;

  // Fills `buffer` with the blob's bytes from `at` on; answers how many that are, 0 at its end.
  Result<size_t> Read(const BundledBlob& blob, uint64_t at, std::span<std::byte> buffer) const;

 private:
  friend class BundleReader;
  std::string name_;
  UniqueFd fd_;
  Lock lock_;
  std::vector<BundledRegistry> registries_;
  std::vector<BundledBlob> blobs_;
};

}  // namespace zoo

#endif  // ZOO_SHARE_BUNDLE_H_
