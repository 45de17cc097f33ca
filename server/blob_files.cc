#include "zoo/server/blob_files.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

namespace zoo {

std::optional<BlobFiles::Known> BlobFiles::Recall(const Digest& digest) {
  std::lock_guard lock(known_mutex_);
  const auto known = known_.find(digest);
  if (known == known_.end()) return std::nullopt;
  return known->second;
}

// Nothing for what is not there and for what is no regular file.
Result<std::optional<BlobFiles::Opened>> BlobFiles::OpenNamed(const std::string& name) const {
  const DiskPath path{store_.root(), name};
  const int fd = disk_.Open(path, Disk::Access::kRead);
  if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP) return std::optional<Opened>();
  if (fd < 0) return FileError("open", path.full(), -fd);
  Opened opened{.file = {.fd = UniqueFd(fd)}};
  FileInfo info;
  if (const int failed = disk_.StatOpen(fd, info); failed < 0) {
    return FileError("look at", path.full(), -failed);
  }
  // The disk opens without moving the access time, as to look at a blob is no use of it. To serve
  // it is: this takes O_NOATIME away.
  fcntl(fd, F_SETFL, 0);
  opened.file.size = info.size;
  opened.stamp = Stamp::Of(info);
  return std::optional<Opened>(std::move(opened));
}

Result<std::optional<BlobFile>> BlobFiles::Open(const Digest& digest) {
  if (const std::optional<Known> known = Recall(digest)) {
    ZOO_ASSIGN_OR_RETURN(std::optional<Opened> opened, OpenNamed(known->name));
    if (!opened) return std::optional<BlobFile>();
    if (opened->stamp == known->stamp) return std::optional<BlobFile>(std::move(opened->file));
  }
  return Verify(digest);
}

// The store verifies what the name leads to. That this is the open file is seen by its stamp,
// before and after.
Result<std::optional<BlobFile>> BlobFiles::Verify(const Digest& digest) {
  std::lock_guard lock(verify_mutex_);
  ZOO_ASSIGN_OR_RETURN(const std::optional<Blob> blob, store_.Find(digest));
  if (!blob) return std::optional<BlobFile>();
  const std::string name = blob->path().lexically_relative(store_.root()).native();
  ZOO_ASSIGN_OR_RETURN(std::optional<Opened> opened, OpenNamed(name));
  if (!opened) return std::optional<BlobFile>();
  ZOO_ASSIGN_OR_RETURN(const std::optional<Blob> still, store_.Find(digest));
  FileInfo named;
  const bool same =
      still && disk_.Stat({store_.root(), name}, named) == 0 && Stamp::Of(named) == opened->stamp;
  if (!same) return std::optional<BlobFile>();
  std::lock_guard known_lock(known_mutex_);
  known_[digest] = {name, opened->stamp};
  return std::optional<BlobFile>(std::move(opened->file));
}

}  // namespace zoo
