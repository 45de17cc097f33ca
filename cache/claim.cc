// How staged bytes change hands, and how they become a blob:
//
// 1. `KEY.lock` is locked. Where that does nothing the rest is still right.
// 2. `KEY.partial`, bytes that nobody owns, is renamed to `KEY.NONCE.claim`. One process succeeds.
//    The file is taken over only if it is ours and has no other name: nobody else can write to it.
// 3. If there is none, a `KEY.NONCE.claim` of a process that was killed is copied into a new file.
//    It is not taken over: where locks do nothing its owner may be alive and writing, and then what
//    was hashed would not be what is published. It is removed afterwards if a lock was held that
//    keeps others out.
// 4. Releasing renames to `KEY.partial`, before the lock is given back, and writes no more.
// 5. Publishing, once the bytes are known to be right: sync the file; make it read-only; rename to
//    `blobs/sha256/ab/ab...`; sync that folder. A failed sync is final: the kernel may have dropped
//    the bytes and call the next sync a success, so the file is thrown away.
//
// A note goes before its bytes and comes after them, so that a process killed in between leaves no
// note alone, but for `KEY.note`, which whoever comes next removes.
#include "zoo/cache/claim.h"

#include <utility>
#include <vector>

#include "zoo/base/json.h"

namespace zoo {
namespace {

using Kind = CacheName::Kind;
constexpr std::string_view kNoteSchema = "zoo/staging-note/1";
constexpr size_t kLargestNote = 64 << 10;

}  // namespace

std::string StagingNote::ToText() const {
  return Json(Json::Object{{"schema", kNoteSchema}, {"file", file}, {"note", text}}).Dump() + '\n';
}

std::optional<StagingNote> StagingNote::Parse(std::string_view text) {
  auto document = ParseJson(text);
  if (!document) return std::nullopt;
  const Json* schema = document->Find("schema");
  const Json* file = document->Find("file");
  const Json* note = document->Find("note");
  if (schema == nullptr || *schema != Json(kNoteSchema)) return std::nullopt;
  if (file == nullptr || file->AsString() == nullptr) return std::nullopt;
  if (note == nullptr || note->AsString() == nullptr) return std::nullopt;
  return StagingNote{*file->AsString(), *note->AsString()};
}

std::optional<StagingNote> StagingNote::Read(Disk& disk, const DiskPath& path) {
  auto text = ReadText(disk, path, kLargestNote);
  if (!text) return std::nullopt;
  return Parse(*text);
}

Claim::Claim(Disk& disk, std::filesystem::path root, CacheKey key, std::unique_ptr<KeyLock> lock)
    : disk_(&disk),
      root_(std::move(root)),
      key_(std::move(key)),
      nonce_(MakeNonce()),
      lock_(std::move(lock)) {}

Claim::~Claim() { Release(); }

DiskPath Claim::Path(Kind kind) const {
  bool is_private = kind == Kind::kClaim || kind == Kind::kClaimNote;
  return {root_, CacheName{kind, key_, is_private ? nonce_ : ""}.ToString()};
}

Result<std::unique_ptr<Claim>> Claim::Take(Disk& disk, const std::filesystem::path& root,
                                           const CacheKey& key, CancelToken cancel) {
  ZOO_ASSIGN_OR_RETURN(std::unique_ptr<KeyLock> lock, KeyLock::Wait(disk, root, key, cancel));
  std::unique_ptr<Claim> claim(new Claim(disk, root, key, std::move(lock)));
  if (claim->Adopt()) return claim;
  claim->FindDonor();
  ZOO_RETURN_IF_ERROR(claim->Create());
  return claim;
}

bool Claim::Adopt() {
  if (disk_->Rename(Path(Kind::kPartial), Path(Kind::kClaim)) < 0) {
    // A note without bytes was left by a process that was killed.
    disk_->Remove(Path(Kind::kNote));
    return false;
  }
  disk_->Rename(Path(Kind::kNote), Path(Kind::kClaimNote));
  auto file = DiskFile::Open(*disk_, Path(Kind::kClaim), Disk::Access::kUpdate);
  if (!file) return false;
  auto info = file->Stat();
  if (!info || !info->ours || info->links != 1) return false;
  note_ = StagingNote::Read(*disk_, Path(Kind::kClaimNote)).value_or(StagingNote());
  file_ = *std::move(file);
  return true;
}

void Claim::FindDonor() {
  std::string folder(cache_names::kIngest);
  std::vector<std::string> names;
  disk_->List({root_, folder}, names);
  uint64_t most = 0;
  for (const std::string& name : names) {
    auto parsed = CacheName::Parse(folder + '/' + name);
    if (!parsed || parsed->key != key_ || parsed->nonce.empty()) continue;
    others_.push_back(*parsed);
    if (parsed->kind != Kind::kClaim) continue;
    auto file = DiskFile::Open(*disk_, {root_, parsed->ToString()}, Disk::Access::kRead);
    if (!file) continue;
    auto info = file->Stat();
    if (!info || info->size <= most) continue;
    most = info->size;
    donor_ = *std::move(file);
    parsed->kind = Kind::kClaimNote;
    note_ = StagingNote::Read(*disk_, {root_, parsed->ToString()}).value_or(StagingNote());
  }
}

Status Claim::Create() {
  nonce_ = MakeNonce();
  ZOO_ASSIGN_OR_RETURN(file_, DiskFile::Open(*disk_, Path(Kind::kClaim), Disk::Access::kCreate));
  return {};
}

void Claim::DropOthers() {
  donor_.reset();
  if (others_.empty() || !lock_->Excludes()) return;
  for (Kind kind : {Kind::kClaimNote, Kind::kClaim}) {
    for (const CacheName& other : others_) {
      if (other.kind == kind) disk_->Remove({root_, other.ToString()});
    }
  }
  others_.clear();
}

Status Claim::SetNote(StagingNote note) {
  note_ = std::move(note);
  disk_->Remove(Path(Kind::kClaimNote));
  ZOO_ASSIGN_OR_RETURN(DiskFile file,
                       DiskFile::Open(*disk_, Path(Kind::kClaimNote), Disk::Access::kCreate));
  if (int failed = file.Write(AsBytes(note_.ToText()), 0); failed < 0) {
    return DiskError("write", file.path(), failed);
  }
  return {};
}

void Claim::Release() {
  if (!file_) return;
  auto info = file_->Stat();
  if (info && info->size == 0) return Discard();
  (void)file_->SetMode(0600);
  disk_->Rename(Path(Kind::kClaimNote), Path(Kind::kNote));
  disk_->Rename(Path(Kind::kClaim), Path(Kind::kPartial));
  file_.reset();
  lock_.reset();
}

void Claim::Discard() {
  if (!file_) return;
  disk_->Remove(Path(Kind::kClaimNote));
  disk_->Remove(Path(Kind::kClaim));
  file_.reset();
  lock_.reset();
}

Result<FileInfo> Claim::Publish(const Digest& digest) {
  if (Status synced = file_->Sync(); !synced) {
    Discard();
    return std::move(synced).error();
  }
  // Where there are no modes the blob is as good.
  (void)file_->SetMode(0444);
  std::string target = CacheName{Kind::kBlob, CacheKey(digest), ""}.ToString();
  DiskPath folder{root_, target.substr(0, target.rfind('/'))};
  if (int failed = disk_->MakeFolder(folder); failed < 0) return DiskError("make", folder, failed);
  disk_->Remove(Path(Kind::kClaimNote));
  if (int failed = disk_->Rename(Path(Kind::kClaim), {root_, target}); failed < 0) {
    return DiskError("publish", {root_, target}, failed);
  }
  DiskFile published = *std::exchange(file_, std::nullopt);
  ZOO_RETURN_IF_ERROR(SyncFolder(*disk_, folder));
  ZOO_RETURN_IF_ERROR(SyncFolder(*disk_, {root_, std::string(cache_names::kBlobs)}));
  return published.Stat();
}

}  // namespace zoo
