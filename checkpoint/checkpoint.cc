#include "zoo/checkpoint/checkpoint.h"

#include <algorithm>
#include <array>
#include <utility>

#include "zoo/checkpoint/contents.h"
#include "zoo/checkpoint/copy.h"
#include "zoo/checkpoint/open_file.h"
#include "zoo/checkpoint/state_dict.h"
#include "zoo/checkpoint/tensor_values.h"
#include "zoo/checkpoint/walk.h"

namespace zoo {
namespace {

// Containers that a walk for people enters again where they are met again: real files share a few;
// a file that shares two at each of sixty levels must not list 2^60 places.
constexpr uint64_t kReentries = 100'000;

}  // namespace

struct Checkpoint::Contents : FileContents {
  using FileContents::FileContents;
};

Checkpoint::Checkpoint(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
Checkpoint::~Checkpoint() = default;

Result<std::shared_ptr<const Checkpoint>> Checkpoint::Open(const std::filesystem::path& file,
                                                           const OpenOptions& options) {
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
std::span<const TensorInfo> Checkpoint::tensors() const { return contents_->tensors; }
std::span<const StorageInfo> Checkpoint::storages() const { return contents_->storages; }
Value Checkpoint::root() const { return Value(this, contents_->root); }

Result<StateDict> Checkpoint::FindStateDict(std::string_view key) const {
  return FindStateDictIn(*contents_, key);
}

std::optional<StateDict> Checkpoint::StateDictOf(const Value& value) const {
  return StateDictAt(*contents_, value.node_);
}

std::vector<StateDict> Checkpoint::StateDictCandidates() const { return StateDictsIn(*contents_); }

ByteView Checkpoint::StorageView(uint32_t storage) const {
  const StorageInfo& info = contents_->storages.at(storage);
  if (!info.mapped || contents_->file->mapped().empty()) return {};
  return contents_->file->mapped().subspan(info.offset, info.nbytes);
}

Status Checkpoint::Copy(std::span<const StorageCopy> copies, int threads) const {
  return CopyStorages(*contents_, copies, threads);
}

Result<std::vector<std::byte>> Checkpoint::Values(const TensorInfo& tensor) const {
  return TensorValues(*contents_, tensor);
}

// Ranges were checked at Open; what is left are the bytes themselves. Those of a legacy file have
// nothing to be compared with, but they must be there to be read.
Status Checkpoint::Verify() const {
  auto ignore = [](ByteView) { return Status(); };
  if (contents_->zip) {
    for (const ZipMember& member : contents_->zip->members()) {
      ZOO_RETURN_IF_ERROR(contents_->zip->ReadMember(member, ignore));
    }
    return {};
  }
  std::array<std::byte, 64 << 10> buffer;
  for (uint64_t at = 0; at < file_size();) {
    auto piece = std::span(buffer).first(std::min<uint64_t>(buffer.size(), file_size() - at));
    ZOO_RETURN_IF_ERROR(contents_->file->Read(at, piece));
    at += piece.size();
  }
  return {};
}

void Checkpoint::Walk(const std::function<void(const Path&, const Value&, bool)>& visit) const {
  auto each = [&](const Path& path, NodeId node, bool again) {
    visit(path, Value(this, node), again);
  };
  // The depth was checked when the file was opened.
  if (!zoo::Walk(contents_->arena, contents_->root, {.reentries = kReentries}, each)) return;
}

const FileContents& Checkpoint::contents() const { return *contents_; }

}  // namespace zoo
