// A bundle, in the order of its bytes:
//
// 1. zoo.lock, exactly as LockText writes it.
// 2. entries.json, exactly as EntriesText writes it.
// 3. For each SHA-256 of the lock, sorted, its blob; --only-missing leaves some out.
// 4. Two blocks of zeros, and the end of the file.
//
// Each header is the one that UstarHeader makes of name and size, and what fills a block up is
// zeros. So the reader makes each header that may come and compares: it takes no field of a header
// on trust, and all that it is told about sizes is what the lock says.
#include "zoo/share/bundle.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/new_file.h"
#include "zoo/base/text.h"
#include "zoo/share/ustar.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = "zoo.lock";
constexpr const char* kEntriesName = "entries.json";
constexpr size_t kPieceBytes = 1 << 20;

std::string BlobName(const Digest& digest) { return fmt::format("blobs/sha256/{}", digest.hex()); }

uint64_t Rounded(uint64_t size) { return size + UstarPadding(size).size(); }

// Bytes of the file as a member.
uint64_t MemberSize(std::string_view name, uint64_t size) {
  return UstarHeader(name, size).size() + Rounded(size);
}

// The row of each digest of the lock, the first of those that lock the same file.
std::map<Digest, const LockedWeights*> RowsByDigest(const Lock& lock) {
  std::map<Digest, const LockedWeights*> rows;
  for (const LockedWeights& row : lock.weights) rows.emplace(row.sha256, &row);
  return rows;
}

struct BlobToWrite {
  const Blob* blob;
  const LockedWeights* row;
};

// Sorted by digest, each once.
Result<std::map<Digest, BlobToWrite>> BlobsToWrite(const BundleContents& contents) {
  const auto rows = RowsByDigest(contents.lock);
  std::map<Digest, BlobToWrite> sorted;
  for (const Blob& blob : contents.blobs) {
    auto row = rows.find(blob.digest());
    if (row == rows.end() || row->second->size != blob.size()) {
      return Error{ErrorCode::kMismatch,
                   fmt::format("the file {} of {} bytes is not one of the lock",
                               blob.digest().ToString(), blob.size()),
                   ""};
    }
    sorted.emplace(blob.digest(), BlobToWrite{&blob, row->second});
  }
  return sorted;
}

Status AppendText(NewFile& file, const char* name, const std::string& text) {
  ZOO_RETURN_IF_ERROR(file.Append(AsBytes(UstarHeader(name, text.size()))));
  ZOO_RETURN_IF_ERROR(file.Append(AsBytes(text)));
  return file.Append(AsBytes(UstarPadding(text.size())));
}

Error NotItself(const Blob& blob, const std::string& what) {
  return {ErrorCode::kCorrupt, fmt::format("{}: {}", Escape(blob.path().string(), 1000), what),
          "`zoo verify` looks at the whole cache; pull these weights again"};
}

Status AppendBlob(NewFile& file, const BlobToWrite& member, const WriteBundleOptions& options) {
  const Blob& blob = *member.blob;
  const UniqueFd source(open(blob.path().c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.valid()) return FileError("open", blob.path(), errno);
  const std::string name = BlobName(blob.digest());
  ZOO_RETURN_IF_ERROR(file.Append(AsBytes(UstarHeader(name, blob.size()))));
  std::vector<std::byte> buffer(kPieceBytes);
  Sha256 hasher;
  for (uint64_t done = 0;;) {
    if (options.cancel.cancelled()) {
      return Error{ErrorCode::kCancelled, fmt::format("{}: cancelled", member.row->name),
                   "no bundle was written"};
    }
    const ssize_t got = read(source.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", blob.path(), errno);
    if (got == 0 && done == blob.size()) break;
    done += static_cast<uint64_t>(got);
    if (got == 0 || done > blob.size()) {
      return NotItself(blob, fmt::format("it has not the {} bytes that it had", blob.size()));
    }
    const ByteView bytes = ByteView(buffer).first(static_cast<size_t>(got));
    hasher.Update(bytes);
    ZOO_RETURN_IF_ERROR(file.Append(bytes));
    if (options.progress) options.progress(*member.row, done);
  }
  if (const Digest is = hasher.Finish(); is != blob.digest()) {
    return NotItself(blob, fmt::format("its sha256 is {}", is.hex()));
  }
  return file.Append(AsBytes(UstarPadding(blob.size())));
}

}  // namespace

Result<uint64_t> WriteBundle(const BundleContents& contents, const fs::path& path,
                             const WriteBundleOptions& options) {
  ZOO_ASSIGN_OR_RETURN(const auto blobs, BlobsToWrite(contents));
  const std::string lock = LockText(contents.lock), entries = EntriesText(contents.registries);
  if (entries.size() > kLargestEntries) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("the entries are {}, and a bundle may hold {} of them",
                             FormatSize(entries.size()), FormatSize(kLargestEntries)),
                 "--no-entries leaves them out; the weights and the lock are enough to pull"};
  }
  uint64_t total = MemberSize(kLockName, lock.size()) + MemberSize(kEntriesName, entries.size()) +
                   UstarEnd().size();
  for (const auto& [digest, member] : blobs) {
    total += MemberSize(BlobName(digest), member.blob->size());
  }
  ZOO_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(path, total));
  ZOO_RETURN_IF_ERROR(AppendText(file, kLockName, lock));
  ZOO_RETURN_IF_ERROR(AppendText(file, kEntriesName, entries));
  for (const auto& [digest, member] : blobs) {
    ZOO_RETURN_IF_ERROR(AppendBlob(file, member, options));
  }
  ZOO_RETURN_IF_ERROR(file.Append(AsBytes(UstarEnd())));
  ZOO_RETURN_IF_ERROR(file.Commit(NewFile::Sync::kDisk));
  return total;
}

// The way through one file.
class BundleReader {
 public:
  BundleReader(Bundle& bundle, const fs::path& path, uint64_t size)
      : bundle_(bundle), path_(path.string()), size_(size) {}

  Status Read();

 private:
  Result<std::string> ReadText(const char* name, uint64_t largest);
  Status ReadBlobs();
  Status ReadEnd();
  // Whether the next bytes are these; fewer that are left are not.
  Result<bool> NextIs(std::string_view wanted);
  Status SkipPadding(std::string_view name, uint64_t size);
  Result<std::string> BytesAt(uint64_t at, uint64_t count);
  Error Corrupt(std::string_view what) const;
  Error CutOff(std::string_view name, uint64_t needs) const;
  Error NotTheEnd(const std::string& block) const;

  Bundle& bundle_;
  const std::string path_;
  const uint64_t size_;
  uint64_t at_ = 0;
};

Error BundleReader::Corrupt(std::string_view what) const {
  return {ErrorCode::kCorrupt, fmt::format("{}: at byte {}: {}", bundle_.name_, at_, what),
          "a bundle is what `zoo bundle` writes; get it again"};
}

Error BundleReader::CutOff(std::string_view name, uint64_t needs) const {
  return Corrupt(fmt::format("{} needs {} bytes, the file has {} more", name, needs, size_ - at_));
}

// Fewer where the file ends.
Result<std::string> BundleReader::BytesAt(uint64_t at, uint64_t count) {
  std::string bytes(std::min(count, size_ - std::min(at, size_)), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = pread(bundle_.fd_.get(), bytes.data() + done, bytes.size() - done,
                              static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", bundle_.name_, errno);
    if (got == 0) return Corrupt("the file became shorter while it was read");
    done += static_cast<size_t>(got);
  }
  return bytes;
}

Result<bool> BundleReader::NextIs(std::string_view wanted) {
  ZOO_ASSIGN_OR_RETURN(const std::string bytes, BytesAt(at_, wanted.size()));
  return bytes == wanted;
}

Status BundleReader::SkipPadding(std::string_view name, uint64_t size) {
  const std::string padding = UstarPadding(size);
  ZOO_ASSIGN_OR_RETURN(const bool zeros, NextIs(padding));
  if (!zeros) return Corrupt(fmt::format("{} is not filled up with zeros", name));
  at_ += padding.size();
  return {};
}

Result<std::string> BundleReader::ReadText(const char* name, uint64_t largest) {
  ZOO_ASSIGN_OR_RETURN(const std::string block, BytesAt(at_, kUstarBlock));
  const auto claim = ReadUstarClaim(block);
  if (!claim) return Corrupt(fmt::format("there is no tar header, {} should begin here", name));
  if (claim->name != name) {
    return Corrupt(fmt::format("{} stands in the place of {}", Quote(claim->name, 100), name));
  }
  const uint64_t size = claim->size.value_or(UINT64_MAX);
  if (size > largest) return Corrupt(fmt::format("{} is larger than {} bytes", name, largest));
  if (block != UstarHeader(name, size)) {
    return Corrupt(fmt::format("the header of {} is not one that zoo writes", name));
  }
  at_ += block.size();
  if (size > size_ - at_) return CutOff(name, size);
  ZOO_ASSIGN_OR_RETURN(std::string text, BytesAt(at_, size));
  at_ += size;
  ZOO_RETURN_IF_ERROR(SkipPadding(name, size));
  return text;
}

Status BundleReader::ReadBlobs() {
  for (const auto& [digest, row] : RowsByDigest(bundle_.lock_)) {
    const std::string name = BlobName(digest), header = UstarHeader(name, row->size);
    ZOO_ASSIGN_OR_RETURN(const bool here, NextIs(header));
    if (!here) continue;
    at_ += header.size();
    if (row->size > size_ - at_) return CutOff(name, row->size);
    bundle_.blobs_.push_back({digest, row->size, at_});
    at_ += row->size;
    ZOO_RETURN_IF_ERROR(SkipPadding(name, row->size));
  }
  return {};
}

// What stands where the end should be.
Error BundleReader::NotTheEnd(const std::string& block) const {
  const auto claim = ReadUstarClaim(block);
  if (!claim) {
    return Corrupt("there is neither a file of zoo.lock nor the end, two blocks of zeros");
  }
  const std::string name = Quote(claim->name, 100);
  if (!claim->oddity.empty()) return Corrupt(fmt::format("{} is {}", name, claim->oddity));
  for (const auto& [digest, row] : RowsByDigest(bundle_.lock_)) {
    if (claim->name != BlobName(digest)) continue;
    if (claim->size != row->size && claim->size) {
      return Corrupt(
          fmt::format("{} has {} bytes, zoo.lock says {}", name, *claim->size, row->size));
    }
    return Corrupt(fmt::format(
        "{} stands twice, not in order, or behind a header that zoo does not write", name));
  }
  return Corrupt(fmt::format("{} is no file of zoo.lock", name));
}

Status BundleReader::ReadEnd() {
  const std::string end = UstarEnd();
  ZOO_ASSIGN_OR_RETURN(const bool ends, NextIs(end));
  if (!ends && size_ - at_ < end.size()) return CutOff("the end", end.size());
  if (!ends) {
    ZOO_ASSIGN_OR_RETURN(const std::string block, BytesAt(at_, kUstarBlock));
    return NotTheEnd(block);
  }
  at_ += end.size();
  if (at_ == size_) return {};
  return Corrupt(fmt::format("{} bytes stand behind the end", size_ - at_));
}

Status BundleReader::Read() {
  ZOO_ASSIGN_OR_RETURN(const std::string lock, ReadText(kLockName, kLargestLock));
  ZOO_ASSIGN_OR_RETURN(bundle_.lock_, ParseLock(lock, fmt::format("{}: {}", path_, kLockName)));
  if (LockText(bundle_.lock_) != lock) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: {}: it is not as `zoo lock` writes it", bundle_.name_, kLockName),
                 "get the bundle again"};
  }
  ZOO_ASSIGN_OR_RETURN(const std::string entries, ReadText(kEntriesName, kLargestEntries));
  ZOO_ASSIGN_OR_RETURN(
      bundle_.registries_,
      ParseEntries(entries, bundle_.lock_, fmt::format("{}: {}", path_, kEntriesName)));
  ZOO_RETURN_IF_ERROR(ReadBlobs());
  return ReadEnd();
}

Result<Bundle> Bundle::Open(const fs::path& path) {
  Bundle bundle;
  bundle.name_ = Escape(path.string(), 1000);
  bundle.fd_ = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!bundle.fd_.valid()) return FileError("open", path, errno);
  struct stat info;
  if (fstat(bundle.fd_.get(), &info) != 0) return FileError("read", path, errno);
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kUsage, fmt::format("{} is no regular file", bundle.name_),
                 "name a bundle, as `zoo bundle` writes one"};
  }
  ZOO_RETURN_IF_ERROR(BundleReader(bundle, path, static_cast<uint64_t>(info.st_size)).Read());
  return bundle;
}

const BundledBlob* Bundle::Find(const Digest& digest) const {
  auto blob = std::ranges::find(blobs_, digest, &BundledBlob::digest);
  return blob == blobs_.end() ? nullptr : &*blob;
}

Result<size_t> Bundle::Read(const BundledBlob& blob, uint64_t at,
                            std::span<std::byte> buffer) const {
  const uint64_t left = blob.size - std::min(at, blob.size);
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(left, buffer.size()));
  if (wanted == 0) return size_t{0};
  for (;;) {
    const ssize_t got =
        pread(fd_.get(), buffer.data(), wanted, static_cast<off_t>(blob.offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", name_, errno);
    if (got > 0) return static_cast<size_t>(got);
    return Error{ErrorCode::kCorrupt, fmt::format("{} became shorter while it was read", name_),
                 ""};
  }
}

}  // namespace zoo
