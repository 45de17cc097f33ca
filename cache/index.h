// Index: the small files in index/: a record for each blob, and for each known prefix of each
// origin the digest pinned to it. Losing a record costs a hash; a pin, once there, is never
// replaced. Any thread.
#ifndef ZOO_CACHE_INDEX_H_
#define ZOO_CACHE_INDEX_H_

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/layout.h"
#include "zoo/cache/stamp.h"

namespace zoo {

class Index {
 public:
  Index(Disk& disk, std::filesystem::path root) : disk_(&disk), root_(std::move(root)) {}

  // Nothing if there is none that can be read.
  std::optional<Record> Find(const Digest& digest) const;
  Status Put(const Digest& digest, const Record& record) const;

  // The digest pinned to a prefix of an origin. kCorrupt if there is a pin that says nothing.
  Result<std::optional<Digest>> FindPin(const CacheKey& prefix) const;
  // Pins it. kCorrupt if another digest is pinned already; then that one stays. `origin` is the
  // one that `prefix` was made with.
  Status Pin(const CacheKey& prefix, const std::string& origin, const Digest& digest) const;

 private:
  Disk* disk_;
  std::filesystem::path root_;
};

}  // namespace zoo

#endif  // ZOO_CACHE_INDEX_H_
