// A hit and a miss:
//
// 1. The file under the blob's name is looked at, and its record in index/. If size, mtime, ctime
//    and inode are those of the time when it was verified, it is a hit: nothing was hashed, nothing
//    is written, no file was opened but the record.
// 2. With another stamp, or none, the file is hashed. If it is right, the stamp is taken anew
//    (where the folder can be written), and it is a hit.
// 3. If it is wrong it is renamed out of blobs/ (where the folder can be written), and it is a
// miss.
// 4. A file known by a prefix only is looked up by the digest pinned at its first pull from the
// same
//    origin; without a pin it is a miss, whatever another origin delivered for these digits.
#include "zoo/cache/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "zoo/base/cancel.h"
#include "zoo/base/text.h"
#include "zoo/cache/disk_file.h"
#include "zoo/cache/index.h"
#include "zoo/cache/stamp.h"

namespace zoo {
namespace {

using Kind = CacheName::Kind;

std::string BlobName(const Digest& digest) {
  return CacheName{Kind::kBlob, CacheKey(digest), ""}.ToString();
}

Status CheckLayout(Disk& disk, const DiskPath& path) {
  auto text = ReadText(disk, path, 4096);
  if (!text && text.error().code == ErrorCode::kNotFound) return {};
  if (!text) return std::move(text).error();
  if (*text == cache_names::kLayoutText) return {};
  return Error{ErrorCode::kUnsupported,
               fmt::format("{} says {}, this program knows {}", Escape(path.full().native(), 1000),
                           Quote(*text, 40), Quote(cache_names::kLayoutText)),
               "use a newer zoo, or another folder with ZOO_CACHE"};
}

}  // namespace

Result<Store> Store::Open(std::filesystem::path root, Disk& disk) {
  ZOO_RETURN_IF_ERROR(CheckLayout(disk, {root, std::string(cache_names::kLayout)}));
  return Store(std::move(root), disk);
}

Status Store::MakeFolders() const {
  for (std::string_view name : cache_names::kFolders) {
    DiskPath folder{root_, std::string(name)};
    if (int failed = disk_->MakeFolder(folder); failed < 0) {
      return DiskError("make", folder, failed);
    }
  }
  DiskPath layout{root_, std::string(cache_names::kLayout)};
  FileInfo info;
  if (disk_->Stat(layout, info) == 0) return {};
  ZOO_RETURN_IF_ERROR(SyncFolder(*disk_, {root_, "blobs"}));
  CacheName scratch{Kind::kScratch, CacheKey(Digest()), MakeNonce()};
  return ReplaceText(*disk_, {root_, scratch.ToString()}, layout, cache_names::kLayoutText,
                     {.sync = true, .keep_existing = true});
}

Result<CacheKey> Store::KeyOf(const IngestKey& key) {
  if (!key.size && key.max_size == 0) {
    return Error{ErrorCode::kUsage, Escape(key.file) + ": neither a size nor a range is known", ""};
  }
  if (key.sha256) return CacheKey(*key.sha256);
  if (auto prefix = CacheKey::OfPrefix(key.sha256_prefix, key.origin)) return *prefix;
  if (key.origin.empty()) {
    return Error{ErrorCode::kUsage,
                 Escape(key.file) + ": neither its whole sha256 nor where it comes from is known",
                 ""};
  }
  return Error{ErrorCode::kUsage,
               fmt::format("{}: {} is not the beginning of a sha256", Escape(key.file),
                           Quote(key.sha256_prefix)),
               "write 8 or more lower-case hexadecimal digits"};
}

Blob Store::TakeStamp(const Digest& digest, const FileInfo& info, const std::string& file) const {
  Index index(*disk_, root_);
  Record record = index.Find(digest).value_or(Record());
  record.stamp = Stamp::Of(info);
  if (!file.empty()) record.file = file;
  // Without a record the next hit hashes the file: no reason to fail.
  (void)index.Put(digest, record);
  return Blob(root_ / BlobName(digest), digest, info.size);
}

std::optional<Blob> Store::FindStamped(const Digest& digest) const {
  FileInfo info;
  if (disk_->Stat({root_, BlobName(digest)}, info) < 0) return std::nullopt;
  if (info.kind != FileInfo::Kind::kFile) return std::nullopt;
  auto record = Index(*disk_, root_).Find(digest);
  if (!record || record->stamp != Stamp::Of(info)) return std::nullopt;
  return Blob(root_ / BlobName(digest), digest, info.size);
}

Result<std::optional<Blob>> Store::Rehash(const Digest& digest, CancelToken cancel) const {
  DiskPath path{root_, BlobName(digest)};
  ZOO_ASSIGN_OR_RETURN(DiskFile file, DiskFile::Open(*disk_, path, Disk::Access::kRead));
  // Taken before: a change while the file is hashed leaves another stamp.
  ZOO_ASSIGN_OR_RETURN(FileInfo info, file.Stat());
  Sha256 hasher;
  ZOO_RETURN_IF_ERROR(file.Hash(info.size, hasher, cancel));
  if (hasher.Finish() == digest) return std::optional<Blob>(TakeStamp(digest, info, ""));
  FileInfo named;
  if (disk_->Stat(path, named) == 0 && named.inode == info.inode &&
      disk_->MakeFolder({root_, std::string(cache_names::kRejected)}) == 0) {
    disk_->Rename(path,
                  {root_, CacheName{Kind::kRejected, CacheKey(digest), MakeNonce()}.ToString()});
  }
  return std::optional<Blob>();
}

Result<std::optional<Blob>> Store::Find(const Digest& digest, CancelToken cancel) const {
  if (auto blob = FindStamped(digest)) return blob;
  // A link or a folder that somebody put there is no blob; publishing replaces a link.
  FileInfo info;
  int found = disk_->Stat({root_, BlobName(digest)}, info);
  if (found == 0 && info.kind != FileInfo::Kind::kFile) return std::optional<Blob>();
  auto blob = Rehash(digest, cancel);
  if (!blob && blob.error().code == ErrorCode::kNotFound) return std::optional<Blob>();
  return blob;
}

Result<std::optional<Blob>> Store::Find(const IngestKey& key, CancelToken cancel) const {
  ZOO_ASSIGN_OR_RETURN(const std::optional<Digest> digest, DigestOf(key));
  return digest ? Find(*digest, cancel) : std::optional<Blob>();
}

Result<std::optional<Digest>> Store::DigestOf(const IngestKey& key) const {
  if (key.sha256) return key.sha256;
  ZOO_ASSIGN_OR_RETURN(CacheKey cache_key, KeyOf(key));
  return Index(*disk_, root_).FindPin(cache_key);
}

Result<std::filesystem::path> DefaultCacheFolder() {
  auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (auto folder = set("ZOO_CACHE"); !folder.empty()) return folder;
  if (auto folder = set("XDG_CACHE_HOME"); folder.is_absolute()) return folder / "zoo";
  if (auto folder = set("HOME"); folder.is_absolute()) return folder / ".cache" / "zoo";
  return Error{ErrorCode::kUsage, "no folder for the cache: neither ZOO_CACHE nor HOME is set",
               "set ZOO_CACHE to a folder"};
}

}  // namespace zoo
