#include "zoo/registry/registry_index.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/new_file.h"
#include "zoo/base/text.h"
#include "zoo/registry/indexed_entries.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

int64_t Nanoseconds(const struct timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Error Corrupt(const fs::path& index, std::string_view what) {
  return {ErrorCode::kCorrupt, fmt::format("{}: {}", Escape(index.string(), 1000), what), ""};
}

// A file of pages that stay as they are: an index is replaced, never written into.
struct Mapping {
  std::shared_ptr<const void> memory;
  ByteView bytes;
};

Result<Mapping> MapFile(const fs::path& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info;
  if (!file.valid() || fstat(file.get(), &info) != 0) return FileError("open", path, errno);
  if (!S_ISREG(info.st_mode) || info.st_size <= 0) return Corrupt(path, "the index is no file");
  const auto size = static_cast<size_t>(info.st_size);
  void* start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) return FileError("map", path, errno);
  std::shared_ptr<const void> memory(start, [size](void* mapped) { munmap(mapped, size); });
  return Mapping{std::move(memory), ByteView(static_cast<const std::byte*>(start), size)};
}

}  // namespace

Result<IndexedDocument> StampDocument(const fs::path& path, const Digest& sha256,
                                      RegistryOrigin origin) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return FileError("read", path, errno);
  return IndexedDocument{.sha256 = sha256,
                         .origin = origin,
                         .bytes = static_cast<uint64_t>(info.st_size),
                         .modified_ns = Nanoseconds(info.st_mtim),
                         .changed_ns = Nanoseconds(info.st_ctim),
                         .inode = static_cast<uint64_t>(info.st_ino)};
}

Status WriteRegistryIndex(const Registry& parsed, const IndexedDocument& document,
                          const fs::path& index) {
  const std::string bytes = IndexBytes(parsed, document);
  ZOO_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(index, bytes.size()));
  ZOO_RETURN_IF_ERROR(file.Append(AsBytes(bytes)));
  // What a loss of power makes of it, its checksum tells, and it can be made again.
  return file.Commit(NewFile::Sync::kNone);
}

Result<Registry> OpenRegistryIndex(const IndexedDocument& document, const fs::path& index,
                                   std::string alias) {
  ZOO_ASSIGN_OR_RETURN(Mapping mapping, MapFile(index));
  Result<IndexContent> content = ReadIndex(mapping.bytes, std::move(mapping.memory));
  if (!content) return Corrupt(index, content.error().message);
  if (content->document != document) {
    return Corrupt(index, "the index is of another document, or of one that was touched since");
  }
  auto entries = std::make_shared<const IndexedEntries>(std::move(content->sections),
                                                        EntryPlace{.registry = std::move(alias)});
  return Registry::On(std::move(entries), std::move(content->categories), std::move(content->name),
                      content->version);
}

}  // namespace zoo
