// Looking after the folder: what is in it, what may go. Only names that layout.h recognises are
// touched. A blob that goes is unlinked: programs that have it open keep its bytes.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/cache/claim.h"
#include "zoo/cache/disk_file.h"
#include "zoo/cache/index.h"
#include "zoo/cache/key_lock.h"
#include "zoo/cache/layout.h"
#include "zoo/cache/stamp.h"
#include "zoo/cache/store.h"

namespace zoo {
namespace {

using Kind = CacheName::Kind;
constexpr int64_t kSecond = 1'000'000'000;
// A small file is written in no time, so one of that age was left by a process that was killed.
constexpr int64_t kScratchAge = 3600 * kSecond;
// Where locks do nothing, bytes that nobody wrote to for that long are nobody's.
constexpr int64_t kClaimAge = 24 * 3600 * kSecond;
constexpr size_t kMostNames = 100;

struct Found {
  CacheName name;
  FileInfo info;

  // The access time is kept only by some file systems; the others leave it at or before the time of
  // the pull.
  int64_t LastUsed() const { return std::max(info.atime_ns, info.mtime_ns); }
};

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The files in a folder that have a name of ours. A folder that is not there has none.
Result<std::vector<Found>> Scan(Disk& disk, const std::filesystem::path& root,
                                const std::string& folder) {
  std::vector<std::string> names;
  std::vector<Found> found;
  int listed = disk.List({root, folder}, names);
  if (listed == -ENOENT) return found;
  if (listed < 0) return DiskError("list", {root, folder}, listed);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    auto parsed = CacheName::Parse(folder + '/' + name);
    FileInfo info;
    if (!parsed || disk.Stat({root, parsed->ToString()}, info) < 0) continue;
    if (info.kind == FileInfo::Kind::kFile) found.push_back({*std::move(parsed), info});
  }
  return found;
}

Result<std::vector<Found>> ScanBlobs(Disk& disk, const std::filesystem::path& root) {
  std::string folder(cache_names::kBlobs);
  std::vector<std::string> shards;
  int listed = disk.List({root, folder}, shards);
  if (listed < 0 && listed != -ENOENT) return DiskError("list", {root, folder}, listed);
  std::sort(shards.begin(), shards.end());
  std::vector<Found> blobs;
  for (const std::string& shard : shards) {
    std::string name = folder + '/' + shard;
    FileInfo info;
    if (disk.Stat({root, name}, info) < 0 || info.kind != FileInfo::Kind::kFolder) continue;
    ZOO_ASSIGN_OR_RETURN(std::vector<Found> found, Scan(disk, root, name));
    blobs.insert(blobs.end(), found.begin(), found.end());
  }
  return blobs;
}

CacheName NoteOf(const CacheName& data) {
  return {data.kind == Kind::kClaim ? Kind::kClaimNote : Kind::kNote, data.key, data.nonce};
}

CacheName DataOf(const CacheName& note) {
  return {note.kind == Kind::kClaimNote ? Kind::kClaim : Kind::kPartial, note.key, note.nonce};
}

// One run of Store::Prune.
class Pruning {
 public:
  Pruning(Disk& disk, const std::filesystem::path& root, const Store::PruneOptions& options)
      : disk_(disk), root_(root), options_(options) {}

  Status Blobs();
  Status Partials();
  // What killed processes and wrong bytes left behind.
  Status Remains();
  const Store::Pruned& done() const { return done_; }

 private:
  bool InUse(const Found& partial);
  Status Remove(const CacheName& name, uint64_t bytes);

  Disk& disk_;
  const std::filesystem::path& root_;
  const Store::PruneOptions& options_;
  const int64_t now_ = Now();
  Store::Pruned done_;
};

Status Pruning::Remove(const CacheName& name, uint64_t bytes) {
  if (!options_.dry_run) {
    DiskPath path{root_, name.ToString()};
    int failed = disk_.Remove(path);
    if (failed < 0 && failed != -ENOENT) return DiskError("remove", path, failed);
  }
  done_.bytes += bytes;
  return {};
}

Status Pruning::Blobs() {
  ZOO_ASSIGN_OR_RETURN(std::vector<Found> blobs, ScanBlobs(disk_, root_));
  std::stable_sort(blobs.begin(), blobs.end(),
                   [](const Found& a, const Found& b) { return a.LastUsed() < b.LastUsed(); });
  uint64_t total = 0;
  for (const Found& blob : blobs) total += blob.info.size;
  for (const Found& blob : blobs) {
    bool too_many = options_.max_bytes && total > *options_.max_bytes;
    bool too_old =
        options_.unused_seconds && (now_ - blob.LastUsed()) / kSecond >= *options_.unused_seconds;
    if (!too_many && !too_old) continue;
    ZOO_RETURN_IF_ERROR(Remove(blob.name, blob.info.size));
    ZOO_RETURN_IF_ERROR(Remove({Kind::kRecord, blob.name.key, ""}, 0));
    total -= blob.info.size;
    ++done_.blobs;
  }
  return {};
}

bool Pruning::InUse(const Found& partial) {
  if (options_.dry_run) return KeyLock::IsHeld(disk_, root_, partial.name.key);
  auto lock = KeyLock::Try(disk_, root_, partial.name.key);
  if (!lock || *lock == nullptr) return true;
  if (partial.name.kind != Kind::kClaim || (*lock)->Excludes()) return false;
  return now_ - partial.info.mtime_ns < kClaimAge;
}

Status Pruning::Partials() {
  ZOO_ASSIGN_OR_RETURN(std::vector<Found> files,
                       Scan(disk_, root_, std::string(cache_names::kIngest)));
  for (const Found& file : files) {
    bool data = file.name.kind == Kind::kPartial || file.name.kind == Kind::kClaim;
    if (!data || InUse(file)) continue;
    ZOO_RETURN_IF_ERROR(Remove(file.name, file.info.size));
    ZOO_RETURN_IF_ERROR(Remove(NoteOf(file.name), 0));
    ++done_.partials;
  }
  return {};
}

Status Pruning::Remains() {
  ZOO_ASSIGN_OR_RETURN(std::vector<Found> files,
                       Scan(disk_, root_, std::string(cache_names::kIngest)));
  for (const Found& file : files) {
    FileInfo info;
    bool note = file.name.kind == Kind::kNote || file.name.kind == Kind::kClaimNote;
    if (note && disk_.Stat({root_, DataOf(file.name).ToString()}, info) == -ENOENT) {
      ZOO_RETURN_IF_ERROR(Remove(file.name, file.info.size));
    }
    // A lock that can be had is removed when it is given back.
    if (file.name.kind == Kind::kLock && !options_.dry_run) {
      (void)KeyLock::Try(disk_, root_, file.name.key);
    }
  }
  ZOO_ASSIGN_OR_RETURN(files, Scan(disk_, root_, std::string(cache_names::kIndex)));
  for (const Found& file : files) {
    bool old = file.name.kind == Kind::kScratch && now_ - file.info.mtime_ns > kScratchAge;
    if (old) ZOO_RETURN_IF_ERROR(Remove(file.name, file.info.size));
  }
  ZOO_ASSIGN_OR_RETURN(files, Scan(disk_, root_, std::string(cache_names::kRejected)));
  for (const Found& file : files) ZOO_RETURN_IF_ERROR(Remove(file.name, file.info.size));
  return {};
}

}  // namespace

Result<std::vector<Store::Item>> Store::List() const {
  ZOO_ASSIGN_OR_RETURN(std::vector<Found> blobs, ScanBlobs(*disk_, root_));
  Index index(*disk_, root_);
  std::vector<Item> items;
  for (const Found& found : blobs) {
    const Digest& digest = *found.name.key.digest();
    Record record = index.Find(digest).value_or(Record());
    items.push_back({Blob(root_ / found.name.ToString(), digest, found.info.size), record.file,
                     record.names, found.LastUsed() / kSecond});
  }
  return items;
}

Result<std::vector<Store::Partial>> Store::Partials() const {
  ZOO_ASSIGN_OR_RETURN(std::vector<Found> files,
                       Scan(*disk_, root_, std::string(cache_names::kIngest)));
  std::vector<Partial> partials;
  for (const Found& found : files) {
    if (found.name.kind != Kind::kPartial && found.name.kind != Kind::kClaim) continue;
    auto note = StagingNote::Read(*disk_, {root_, NoteOf(found.name).ToString()});
    partials.push_back({note ? note->file : found.name.key.text(), found.info.size,
                        found.LastUsed() / kSecond,
                        KeyLock::IsHeld(*disk_, root_, found.name.key)});
  }
  return partials;
}

Result<Blob> Store::Verify(const Digest& digest, CancelToken cancel) const {
  ZOO_ASSIGN_OR_RETURN(std::optional<Blob> blob, Rehash(digest, cancel));
  if (blob) return *std::move(blob);
  return Error{ErrorCode::kCorrupt,
               "the cached file " + digest.ToString() + " has other bytes than its name says",
               "it was moved out of the way where the folder can be written; pull it again"};
}

Status Store::Remove(const Digest& digest) {
  CacheKey key(digest);
  DiskPath path{root_, CacheName{Kind::kBlob, key, ""}.ToString()};
  int failed = disk_->Remove(path);
  if (failed == -ENOENT) {
    return Error{ErrorCode::kNotFound, digest.ToString() + " is not in the cache",
                 "`zoo cache list` shows what is"};
  }
  if (failed < 0) return DiskError("remove", path, failed);
  disk_->Remove({root_, CacheName{Kind::kRecord, key, ""}.ToString()});
  return {};
}

Result<Store::Pruned> Store::Prune(const PruneOptions& options) {
  Pruning pruning(*disk_, root_, options);
  ZOO_RETURN_IF_ERROR(pruning.Blobs());
  if (options.partials) ZOO_RETURN_IF_ERROR(pruning.Partials());
  ZOO_RETURN_IF_ERROR(pruning.Remains());
  return pruning.done();
}

Status Store::Remember(const Digest& digest, const std::string& entry_name,
                       const std::string& file) {
  Index index(*disk_, root_);
  Record record = index.Find(digest).value_or(Record());
  bool known =
      std::find(record.names.begin(), record.names.end(), entry_name) != record.names.end();
  if (known && record.file == file) return {};
  if (!known && record.names.size() < kMostNames) record.names.push_back(entry_name);
  record.file = file;
  return index.Put(digest, record);
}

}  // namespace zoo
