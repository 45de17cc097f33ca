#include "zoo/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/contents.h"
#include "zoo/checkpoint/copy.h"
#include "zoo/checkpoint/open_file.h"
#include "zoo/checkpoint/sparse_indices.h"
#include "zoo/checkpoint/state_dict.h"
#include "zoo/checkpoint/tensor_values.h"
#include "zoo/checkpoint/walk.h"

namespace zoo {
namespace {

// Containers that a walk for people enters again where they are met again: real files share a few;
// a file that shares two at each of sixty levels must not list 2^60 places.
constexpr uint64_t kRepeatedSteps = 250'000;

// What torch.distributed.checkpoint writes is a folder, with an index and parts. What `path` is of
// one; empty: nothing.
std::string_view DistributedWords(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  if (!folder && path.extension() != ".distcp") return "";
  auto index = (folder ? path : path.parent_path()) / ".metadata";
  if (!std::filesystem::exists(index, ignored)) return "";
  return folder ? "a folder with a distributed checkpoint, not one file"
                : "a part of a distributed checkpoint, not a whole one";
}

// Ranges were checked at Open; what is left are the bytes themselves. Those of files that are no
// zip archives have nothing to be compared with, but they must be there to be read.
Status VerifyBytes(const FileContents& contents) {
  auto ignore = [](ByteView) { return Status(); };
  if (contents.zip) {
    for (const ZipMember& member : contents.zip->members()) {
      ZOO_RETURN_IF_ERROR(contents.zip->ReadMember(member, ignore));
    }
    return {};
  }
  std::array<std::byte, 64 << 10> buffer;
  const uint64_t size = contents.file->size();
  for (uint64_t at = 0; at < size;) {
    auto piece = std::span(buffer).first(std::min<uint64_t>(buffer.size(), size - at));
    ZOO_RETURN_IF_ERROR(contents.file->Read(at, piece));
    at += piece.size();
  }
  return {};
}

// Where a storage begins in a file that is mapped.
struct MappedStretch {
  const MappedFile* file;
  uint64_t offset;
};

// Nothing if the storage's bytes are not to be had in place.
std::optional<MappedStretch> MappedStretchOf(const FileContents& contents, uint32_t storage) {
  const bool plain = contents.storages.at(storage).mapped;
  const FileContents* holder = &contents;
  const StoragePlace* place = &holder->places[storage];
  if (!holder->shards.empty()) {
    holder = contents.shards[place->shard].get();
    place = &holder->places[place->storage];
  }
  if (!plain || holder->file->mapped().empty()) return std::nullopt;
  const Result<uint64_t> offset = holder->OffsetOf(*place);
  if (!offset) return std::nullopt;
  return MappedStretch{holder->file.get(), *offset};
}

}  // namespace

struct Checkpoint::Contents : FileContents {
  using FileContents::FileContents;
};

Checkpoint::Checkpoint(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
Checkpoint::~Checkpoint() = default;

Result<std::shared_ptr<const Checkpoint>> Checkpoint::Open(const std::filesystem::path& file,
                                                           const OpenOptions& options) {
  if (std::string_view words = DistributedWords(file); !words.empty()) {
    return Error{ErrorCode::kUnsupported, fmt::format("{}: {}", Escape(file.native(), 1000), words),
                 "make one file of its folder with `python3 -m "
                 "torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER FILE`"};
  }
  ZOO_ASSIGN_OR_RETURN(auto opened, MappedFile::Open(file, {.map = options.immutable}));
  auto contents = std::make_unique<Contents>(std::move(opened), options);
  ZOO_RETURN_IF_ERROR(ReadContents(*contents));
  return std::shared_ptr<const Checkpoint>(new Checkpoint(std::move(contents)));
}

Result<std::shared_ptr<const Checkpoint>> Checkpoint::OfBytes(ByteView bytes, std::string name,
                                                              const OpenOptions& options) {
  auto contents = std::make_unique<Contents>(MappedFile::OfBytes(bytes, std::move(name)), options);
  ZOO_RETURN_IF_ERROR(ReadContents(*contents));
  return std::shared_ptr<const Checkpoint>(new Checkpoint(std::move(contents)));
}

Format Checkpoint::format() const { return contents_->format; }
const std::string& Checkpoint::name() const { return contents_->file->name(); }
uint64_t Checkpoint::file_size() const { return contents_->file->size(); }
bool Checkpoint::immutable() const { return contents_->options.immutable; }
const Limits& Checkpoint::limits() const { return contents_->options.limits; }
std::span<const TensorInfo> Checkpoint::tensors() const { return contents_->tensors; }
std::span<const StorageInfo> Checkpoint::storages() const { return contents_->storages; }
Value Checkpoint::root() const { return Value(this, contents_->root); }
std::span<const ShardInfo> Checkpoint::shards() const { return contents_->shard_infos; }
std::span<const std::pair<std::string, std::string>> Checkpoint::metadata() const {
  return contents_->metadata;
}

Result<StateDict> Checkpoint::FindStateDict(std::string_view key) const {
  return FindStateDictIn(*contents_, key);
}

std::optional<StateDict> Checkpoint::StateDictOf(const Value& value) const {
  return StateDictAt(*contents_, value.node_);
}

std::vector<StateDict> Checkpoint::StateDictCandidates() const { return StateDictsIn(*contents_); }

ByteView Checkpoint::StorageView(uint32_t storage) const {
  const auto stretch = MappedStretchOf(*contents_, storage);
  if (!stretch) return {};
  return stretch->file->mapped().subspan(stretch->offset, contents_->storages[storage].nbytes);
}

Result<std::vector<MappedStorage>> Checkpoint::MapStorages(
    std::span<const uint32_t> storages) const {
  std::map<const MappedFile*, std::shared_ptr<std::byte>> mappings;
  std::vector<MappedStorage> mapped(storages.size());
  for (size_t i = 0; i < storages.size(); ++i) {
    const auto stretch = MappedStretchOf(*contents_, storages[i]);
    if (!stretch) continue;
    const auto [mapping, added] = mappings.try_emplace(stretch->file);
    if (added) {
      ZOO_ASSIGN_OR_RETURN(mapping->second, stretch->file->MapApart());
    }
    if (mapping->second == nullptr) continue;
    const uint64_t size = contents_->storages[storages[i]].nbytes;
    mapped[i] = {{mapping->second.get() + stretch->offset, size}, mapping->second};
  }
  return mapped;
}

Status Checkpoint::Copy(std::span<const StorageCopy> copies, int threads) const {
  return CopyStorages(*contents_, copies, threads);
}

Result<std::vector<std::byte>> Checkpoint::Values(const TensorInfo& tensor) const {
  return TensorValues(*contents_, tensor);
}

// The bytes, and the indices among them.
Status Checkpoint::Verify() const {
  for (const TensorInfo& tensor : contents_->tensors) {
    ZOO_RETURN_IF_ERROR(CheckSparseIndices(*contents_, tensor));
  }
  ZOO_RETURN_IF_ERROR(VerifyBytes(*contents_));
  for (const auto& shard : contents_->shards) ZOO_RETURN_IF_ERROR(VerifyBytes(*shard));
  return {};
}

void Checkpoint::Walk(const std::function<void(const Path&, const Value&, bool)>& visit) const {
  auto each = [&](const Path& path, NodeId node, bool again) {
    visit(path, Value(this, node), again);
  };
  // The same walk without repetitions passed when the file was opened.
  if (!zoo::Walk(contents_->arena, contents_->root, {.repeated_steps = kRepeatedSteps}, each))
    return;
}

const FileContents& Checkpoint::contents() const { return *contents_; }

}  // namespace zoo
