// Ingest: one unfinished download, on its way into the store. It owns its staged bytes alone;
// nobody reads them but the next owner.
//
//   ZOO_ASSIGN_OR_RETURN(Ingest ingest, store.Begin(key, cancel));
//   ... Append chunks from offset ingest.size() on ...
//   ZOO_ASSIGN_OR_RETURN(Blob blob, ingest.Commit());
//
// Dropping an Ingest keeps the staged bytes for a resume. One thread at a time.
#ifndef ZOO_CACHE_INGEST_H_
#define ZOO_CACHE_INGEST_H_

#include <cstdint>
#include <memory>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"

namespace zoo {

class Ingest {
 public:
  Ingest(Ingest&&) noexcept;
  Ingest& operator=(Ingest&&) noexcept;
  ~Ingest();

  // Bytes staged: the offset to go on from. Those of an earlier run were hashed again by
  // Store::Begin.
  uint64_t size() const;
  // Adds bytes and hashes them. kCorrupt if they exceed the key's size, before anything is written;
  // kDisk names the bytes still needed.
  Status Append(ByteView bytes);
  // Throws the staged bytes away.
  Status Restart();
  // What the server said of the version that the staged bytes belong to (source URL and strong
  // ETag): kept with them for the next run. A hint, never proof: the digest has the last word.
  const std::string& note() const;
  Status SetNote(std::string note);

  // Size and digest are compared; only then: fsync, rename to the final name, fsync of the folder,
  // read-only. Already there: success. kCorrupt if the bytes are not the file (they are thrown
  // away): the message tells both digests and what the bytes look like (HTML, LFS pointer, cut off
  // ...).
  Result<Blob> Commit();

 private:
  friend class Store;
  struct State;
  explicit Ingest(std::unique_ptr<State> state);
  Result<Blob> Publish();
  std::unique_ptr<State> state_;
};

}  // namespace zoo

#endif  // ZOO_CACHE_INGEST_H_
