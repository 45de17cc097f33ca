// Store: the folder of verified files on this machine, found by digest. docs/cache_layout.md draws
// it.
//
// The life of a file: while it is an ingest it is invisible to readers; once published it is a
// blob, with its final name, and can only be read or removed. A name under blobs/ always has the
// bytes that it says, for every observer, after any crash.
//
//   ZOO_ASSIGN_OR_RETURN(Store store, Store::Open(root, disk));
//   ZOO_ASSIGN_OR_RETURN(std::optional<Blob> blob, store.Find(digest));  // a hit writes nothing
//   if (!blob) {
//     ZOO_ASSIGN_OR_RETURN(Ingest ingest, store.Begin(key, cancel));
//     ...
//     ZOO_ASSIGN_OR_RETURN(blob, ingest.Commit());
//   }
//
// A Store may be used from several threads, and several processes may use one folder.
#ifndef ZOO_CACHE_STORE_H_
#define ZOO_CACHE_STORE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/layout.h"

namespace zoo {

class Ingest;

// A verified, immutable file of the cache. Only Store makes one.
class Blob {
 public:
  const std::filesystem::path& path() const { return path_; }
  const Digest& digest() const { return digest_; }
  uint64_t size() const { return size_; }

 private:
  friend class Store;
  friend class Ingest;
  Blob(std::filesystem::path path, const Digest& digest, uint64_t size)
      : path_(std::move(path)), digest_(digest), size_(size) {}
  std::filesystem::path path_;
  Digest digest_;
  uint64_t size_;
};

// What is being fetched, before its digest may be known.
struct IngestKey {
  std::string file;              // the publisher's file name, for people who look into index/
  std::optional<Digest> sha256;  // the digest that the bytes must have, or
  std::string sha256_prefix;     // the digits it must begin with, and
  std::string origin;            // where a prefix-only file comes from; part of its identity
  std::optional<uint64_t> size;  // exact size, or
  uint64_t min_size = 0, max_size = 0;  // its range
};

class Store {
 public:
  // The folder need not exist: it is made at the first Begin. kUnsupported if its LAYOUT is of
  // another version.
  static Result<Store> Open(std::filesystem::path root, Disk& disk);

  const std::filesystem::path& root() const { return root_; }

  // The blob of that digest, if it is here and its stamp is the one taken when it was verified;
  // with another stamp it is hashed again, and if the hash is wrong it is moved out of the way
  // (where the folder can be written) and not found.
  Result<std::optional<Blob>> Find(const Digest& digest, CancelToken cancel = {}) const;
  // Likewise for a key that may hold a prefix only: then the digest pinned at its first pull from
  // the key's origin.
  Result<std::optional<Blob>> Find(const IngestKey& key, CancelToken cancel = {}) const;
  // The digest that the key's blob has, whether it is here or not; nothing if only a pull can tell.
  Result<std::optional<Digest>> DigestOf(const IngestKey& key) const;

  // Claims the staged bytes of an earlier run or starts anew. One ingest of a key has one owner at
  // a time: a second process waits, looking at `cancel`, and should look into Find again
  // afterwards. Where locks do not work both go on, each with an ingest of its own.
  Result<Ingest> Begin(const IngestKey& key, CancelToken cancel);

  struct Item {
    Blob blob;
    std::string file;                // as published
    std::vector<std::string> names;  // entries it was pulled for
    int64_t last_used = 0;           // seconds since 1970
  };
  struct Partial {
    std::string file;
    uint64_t size = 0;
    int64_t last_used = 0;
    bool in_use = false;  // another process is working on it
  };
  Result<std::vector<Item>> List() const;
  Result<std::vector<Partial>> Partials() const;
  // Hashes the blob again whatever its stamp says: kCorrupt, and moved out of the way, if it is not
  // what its name says; kNotFound if it is not here.
  Result<Blob> Verify(const Digest& digest, CancelToken cancel = {}) const;
  // The blob's bytes are gone from the folder; programs that have it open keep them. kNotFound if
  // it is not here.
  Status Remove(const Digest& digest);
  struct PruneOptions {
    std::optional<uint64_t> max_bytes;      // remove least recently used blobs until the rest fits
    std::optional<int64_t> unused_seconds;  // remove blobs not used for that long
    bool partials = true;                   // remove unfinished downloads that nobody works on
    bool dry_run = false;
  };
  struct Pruned {
    int blobs = 0, partials = 0;
    uint64_t bytes = 0;
  };
  Result<Pruned> Prune(const PruneOptions& options);
  // Remembers that an entry of that name was satisfied by this blob (shown by `zoo cache list`).
  Status Remember(const Digest& digest, const std::string& entry_name, const std::string& file);

 private:
  friend class Ingest;
  Store(std::filesystem::path root, Disk& disk) : root_(std::move(root)), disk_(&disk) {}

  static Result<CacheKey> KeyOf(const IngestKey& key);
  // The folders and LAYOUT.
  Status MakeFolders() const;
  Result<Ingest> Claimed(const IngestKey& key, CancelToken cancel);
  // The blob if its stamp is right; does not hash.
  std::optional<Blob> FindStamped(const Digest& digest) const;
  // Makes a blob of a file that was just verified, and keeps its stamp for the next time.
  Blob TakeStamp(const Digest& digest, const FileInfo& info, const std::string& file) const;
  // Hashes the file under the blob's name: the blob, or nothing and the file is out of the way.
  Result<std::optional<Blob>> Rehash(const Digest& digest, CancelToken cancel) const;

  std::filesystem::path root_;
  Disk* disk_;
};

// $ZOO_CACHE, else $XDG_CACHE_HOME/zoo, else ~/.cache/zoo. kUsage, naming ZOO_CACHE, if none of
// them is set.
Result<std::filesystem::path> DefaultCacheFolder();

}  // namespace zoo

#endif  // ZOO_CACHE_STORE_H_
