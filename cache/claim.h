// Claim: the staged bytes of one key while one process owns them, under a private name. Taking one
// is a rename, so exactly one process can have it, with or without locks. One thread at a time.
//
//   ZOO_ASSIGN_OR_RETURN(std::unique_ptr<Claim> claim, Claim::Take(disk, root, key, cancel));
//   ... read what is there, write more, through claim->file() ...
//   claim->Release();  // or Discard(), or Publish(digest)
//
// After any of the three it owns nothing. A claim that is dropped is released.
#ifndef ZOO_CACHE_CLAIM_H_
#define ZOO_CACHE_CLAIM_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/disk_file.h"
#include "zoo/cache/key_lock.h"
#include "zoo/cache/layout.h"

namespace zoo {

// Where staged bytes come from. A hint for the next run and for people; the digest has the last
// word.
struct StagingNote {
  std::string file;  // the publisher's file name
  std::string text;  // the fetcher's own

  std::string ToText() const;
  static std::optional<StagingNote> Parse(std::string_view text);
  // Nothing if there is none.
  static std::optional<StagingNote> Read(Disk& disk, const DiskPath& path);
};

class Claim {
 public:
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim();

  static Result<std::unique_ptr<Claim>> Take(Disk& disk, const std::filesystem::path& root,
                                             const CacheKey& key, CancelToken cancel);

  bool owns() const { return file_.has_value(); }
  // The staged bytes. Nobody else has them open. REQUIRES: owns().
  DiskFile& file() { return *file_; }
  // Bytes of an owner that was killed, or seems to have been: they may only be copied, because it
  // may still be writing. Empty if there are none.
  std::optional<DiskFile>& donor() { return donor_; }
  // Removes what killed owners of this key left, once it has been copied or is of no use.
  void DropOthers();

  const StagingNote& note() const { return note_; }
  Status SetNote(StagingNote note);

  // The bytes are for whoever comes next.
  void Release();
  void Discard();
  // Gives the file its final name, read-only and on the medium, and tells what it is then. Its
  // bytes must have that digest. The lock is kept until Unlock.
  Result<FileInfo> Publish(const Digest& digest);
  void Unlock() { lock_.reset(); }

 private:
  Claim(Disk& disk, std::filesystem::path root, CacheKey key, std::unique_ptr<KeyLock> lock);
  DiskPath Path(CacheName::Kind kind) const;
  Status Create();
  bool Adopt();
  void FindDonor();

  Disk* disk_;
  std::filesystem::path root_;
  CacheKey key_;
  std::string nonce_;
  std::unique_ptr<KeyLock> lock_;
  std::optional<DiskFile> file_;  // set as long as the claim owns anything
  std::optional<DiskFile> donor_;
  std::vector<CacheName> others_;  // private names of this key that are not ours
  StagingNote note_;
};

}  // namespace zoo

#endif  // ZOO_CACHE_CLAIM_H_
