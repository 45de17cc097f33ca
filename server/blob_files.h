// Blobs as open files whose bytes were verified: what a server sends from. Where a path would leave
// room between the look at a file and its opening, a descriptor does not: it leads to the file that
// has the stamp, whatever is done to its name. A file that was verified once is known by its stamp;
// what has another one is verified anew by the Store, and what is gone or wrong is not opened. Any
// thread; two requests for a file that has to be hashed cost one hash.
//
//   BlobFiles files(store, disk);
//   ZOO_ASSIGN_OR_RETURN(std::optional<BlobFile> file, files.Open(digest));
//   if (file) Send(file->fd, file->size);
#ifndef ZOO_SERVER_BLOB_FILES_H_
#define ZOO_SERVER_BLOB_FILES_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/stamp.h"
#include "zoo/cache/store.h"

namespace zoo {

struct BlobFile {
  UniqueFd fd;
  uint64_t size = 0;
};

class BlobFiles {
 public:
  // Both must outlive it; `disk` is that of the store.
  BlobFiles(const Store& store, Disk& disk) : store_(store), disk_(disk) {}

  // The blob, or nothing if it is not in the cache. No link below the cache's folder is followed.
  // kDisk if it cannot be opened or read now.
  Result<std::optional<BlobFile>> Open(const Digest& digest);

 private:
  struct Known {
    std::string name;  // below the cache's folder
    Stamp stamp;
  };
  struct Opened {
    BlobFile file;
    Stamp stamp;
  };

  std::optional<Known> Recall(const Digest& digest);
  Result<std::optional<Opened>> OpenNamed(const std::string& name) const;
  Result<std::optional<BlobFile>> Verify(const Digest& digest);

  const Store& store_;
  Disk& disk_;
  std::mutex known_mutex_;
  std::map<Digest, Known> known_;  // no more than there were blobs
  std::mutex verify_mutex_;
};

}  // namespace zoo

#endif  // ZOO_SERVER_BLOB_FILES_H_
