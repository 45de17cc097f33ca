#include "zoo/cache/disk_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "zoo/base/text.h"

namespace zoo {
namespace {

// A read buffer that stays in the second-level cache between read and hash.
constexpr size_t kHashRead = 64 << 10;

constexpr std::string_view kNotAllowed =
    "see who owns the cache, or choose another folder with ZOO_CACHE";
constexpr std::string_view kFull =
    "make room (`zoo cache prune`) or choose another folder with ZOO_CACHE";

struct Hint {
  int error;
  std::string_view text;
};
constexpr Hint kHints[] = {{EACCES, kNotAllowed},
                           {EPERM, kNotAllowed},
                           {EROFS, "choose another folder with ZOO_CACHE"},
                           {ENOSPC, kFull},
                           {EDQUOT, kFull}};

}  // namespace

Error DiskError(std::string_view verb, const DiskPath& path, int64_t negative_errno) {
  Error error = FileError(verb, path.full(), static_cast<int>(-negative_errno));
  for (const Hint& hint : kHints) {
    if (hint.error == -negative_errno) error.hint = hint.text;
  }
  return error;
}

Result<DiskFile> DiskFile::Open(Disk& disk, DiskPath path, Disk::Access access) {
  int fd = disk.Open(path, access);
  if (fd < 0) return DiskError("open", path, fd);
  return DiskFile(disk, std::move(path), fd);
}

Status DiskFile::Check(std::string_view verb, int outcome) const {
  if (outcome < 0) return DiskError(verb, path_, outcome);
  return {};
}

int DiskFile::Write(ByteView bytes, uint64_t offset) {
  while (!bytes.empty()) {
    int64_t put = disk_->Write(fd_.get(), bytes, offset);
    if (put == -EINTR || put == -EAGAIN) continue;
    if (put < 0) return static_cast<int>(put);
    // A device that takes nothing and says nothing would be asked for ever.
    if (put == 0) return -EIO;
    bytes = bytes.subspan(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return 0;
}

Result<size_t> DiskFile::Read(std::span<std::byte> into, uint64_t offset) {
  size_t have = 0;
  while (have < into.size()) {
    int64_t got = disk_->Read(fd_.get(), into.subspan(have), offset + have);
    if (got == -EINTR || got == -EAGAIN) continue;
    if (got < 0) return DiskError("read", path_, got);
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  return have;
}

Status DiskFile::Sync() { return Check("sync", disk_->Sync(fd_.get())); }

Status DiskFile::Truncate(uint64_t bytes) {
  return Check("truncate", disk_->Truncate(fd_.get(), bytes));
}

Status DiskFile::SetMode(unsigned mode) {
  return Check("change the mode of", disk_->SetMode(fd_.get(), mode));
}

Result<FileInfo> DiskFile::Stat() {
  FileInfo info;
  ZOO_RETURN_IF_ERROR(Check("look at", disk_->StatOpen(fd_.get(), info)));
  return info;
}

Status DiskFile::Hash(uint64_t bytes, Sha256& hasher, CancelToken cancel) {
  alignas(64) std::array<std::byte, kHashRead> buffer;
  for (uint64_t offset = 0; offset < bytes;) {
    if (cancel.cancelled()) {
      return Error{ErrorCode::kCancelled, "hashing was ended before it was done", ""};
    }
    std::span<std::byte> want(buffer.data(), std::min<uint64_t>(buffer.size(), bytes - offset));
    ZOO_ASSIGN_OR_RETURN(size_t got, Read(want, offset));
    if (got < want.size()) {
      return Error{ErrorCode::kDisk,
                   fmt::format("{}: {} bytes, while it was read it became {}",
                               Escape(path_.full().native(), 1000), bytes, offset + got),
                   ""};
    }
    hasher.Update(want);
    offset += got;
  }
  return {};
}

Result<std::string> ReadText(Disk& disk, const DiskPath& path, size_t max_bytes) {
  ZOO_ASSIGN_OR_RETURN(DiskFile file, DiskFile::Open(disk, path, Disk::Access::kRead));
  std::string text;
  constexpr size_t kStep = 4096;
  for (;;) {
    size_t have = text.size();
    text.resize(have + kStep);
    ZOO_ASSIGN_OR_RETURN(size_t got,
                         file.Read(std::as_writable_bytes(std::span(text).subspan(have)), have));
    text.resize(have + got);
    if (text.size() > max_bytes) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("{}: larger than the limit of {}",
                               Escape(path.full().native(), 1000), FormatSize(max_bytes)),
                   ""};
    }
    if (got < kStep) return text;
  }
}

namespace {

Status WriteScratch(Disk& disk, const DiskPath& scratch, std::string_view text, bool sync) {
  ZOO_ASSIGN_OR_RETURN(DiskFile file, DiskFile::Open(disk, scratch, Disk::Access::kCreate));
  if (int failed = file.Write(AsBytes(text), 0); failed < 0) {
    return DiskError("write", scratch, failed);
  }
  // What it tells is no secret, and others who share the cache need it.
  (void)file.SetMode(0644);
  if (sync) ZOO_RETURN_IF_ERROR(file.Sync());
  return {};
}

Status Install(Disk& disk, const DiskPath& scratch, const DiskPath& target, bool keep_existing) {
  if (keep_existing) {
    int linked = disk.Link(scratch, target);
    if (linked == 0 || linked == -EEXIST) {
      disk.Remove(scratch);
      return {};
    }
    // File systems without links: the caller's lock is what keeps others away.
    FileInfo info;
    if (disk.Stat(target, info) == 0) {
      disk.Remove(scratch);
      return {};
    }
  }
  if (int failed = disk.Rename(scratch, target); failed < 0) {
    return DiskError("write", target, failed);
  }
  return {};
}

}  // namespace

Status ReplaceText(Disk& disk, const DiskPath& scratch, const DiskPath& target,
                   std::string_view text, ReplaceOptions options) {
  Status done = WriteScratch(disk, scratch, text, options.sync);
  if (done) done = Install(disk, scratch, target, options.keep_existing);
  if (!done) disk.Remove(scratch);
  if (!done || !options.sync) return done;
  size_t slash = target.name.rfind('/');
  std::string folder = slash == std::string::npos ? "" : target.name.substr(0, slash);
  return SyncFolder(disk, {target.root, folder});
}

Status SyncFolder(Disk& disk, const DiskPath& folder) {
  ZOO_ASSIGN_OR_RETURN(DiskFile file, DiskFile::Open(disk, folder, Disk::Access::kFolder));
  return file.Sync();
}

}  // namespace zoo
