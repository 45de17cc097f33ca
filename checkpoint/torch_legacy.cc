// Five pickles in a row: the magic number, the protocol 1001, a dict about the system that wrote
// it, the object, and the list of its storages' keys. Then, in the order of that list, for each
// storage its number of elements in 64 bits and its elements, little-endian, unaligned.
//
// How long the pickles are is known only by reading them: they are read from the file's first
// bytes, and from more of them if those end too early.
#include "zoo/checkpoint/torch_legacy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/pickle.h"
#include "zoo/checkpoint/pickle_text.h"
#include "zoo/checkpoint/storage_name.h"

namespace zoo {
namespace {

constexpr std::string_view kMagic = "119547037146038801333356";
constexpr int64_t kProtocol = 1001;
constexpr uint64_t kFirstWindow = 256 << 10, kWindowGrowth = 8;

// The bytes of a legacy file: a whole file or a part of one, or, `kept`, bytes that the arena
// holds.
struct Region {
  std::string name;
  uint64_t offset = 0, size = 0;
  const std::byte* kept = nullptr;
};

class Reader {
 public:
  Reader(FileContents& contents, const Region& region)
      : contents_(contents), arena_(contents.arena), region_(region) {}

  // From the region's first bytes; `more` says whether further ones could help.
  Status ReadPickles(ByteView head, bool& more);
  Status FindStorages();
  NodeId root() const { return root_; }

 private:
  Error Corrupt(std::string what, std::string hint = "") const {
    return {ErrorCode::kCorrupt, region_.name + ": " + std::move(what), std::move(hint)};
  }
  Result<NodeId> ReadOne(ByteView head, std::string_view what, const PersistentLoad& load,
                         bool& more);
  Result<NodeId> LoadPersistent(Arena& arena, NodeId id);
  Result<NodeId> LoadView(const StorageName& name, uint32_t storage);
  uint32_t AddStorage(const StorageRow& storage);
  Result<uint64_t> ReadCount(uint64_t offset, std::string_view key) const;
  Status FindStorage(NodeId key);

  FileContents& contents_;
  Arena& arena_;
  const Region& region_;
  uint64_t at_ = 0;  // where the next pickle or storage begins
  NodeId root_ = Arena::kNone, keys_ = Arena::kNone;
  std::unordered_map<std::string_view, uint32_t> by_key_;
  std::unordered_map<std::string_view, NodeId> views_;
};

Result<NodeId> Reader::ReadOne(ByteView head, std::string_view what, const PersistentLoad& load,
                               bool& more) {
  Unpickler unpickler(arena_, {.bytes = head.subspan(at_),
                               .offset = region_.offset + at_,
                               .where = fmt::format("{}: {}", region_.name, what),
                               .persistent = load});
  Result<NodeId> root = unpickler.Read();
  if (root) at_ += unpickler.consumed();
  more = unpickler.ran_out();
  return root;
}

bool IsMagic(const Arena& arena, NodeId id) {
  if (arena.kind(id) != NodeKind::kBigInt) return false;
  const Node& node = arena.at(id);
  return (node.detail == kDecimal ? std::string(arena.text(id)) : DecimalOf(arena.text(id))) ==
         kMagic;
}

Status Reader::ReadPickles(ByteView head, bool& more) {
  auto load = [this](Arena& arena, NodeId id) { return LoadPersistent(arena, id); };
  ZOO_ASSIGN_OR_RETURN(NodeId magic, ReadOne(head, "magic number", nullptr, more));
  if (!IsMagic(arena_, magic)) return Corrupt("the legacy file's magic number is another one");
  ZOO_ASSIGN_OR_RETURN(NodeId protocol, ReadOne(head, "protocol", nullptr, more));
  if (arena_.kind(protocol) != NodeKind::kInt || arena_.at(protocol).integer != kProtocol) {
    return Corrupt(fmt::format("the legacy file's protocol is not {}", kProtocol));
  }
  ZOO_ASSIGN_OR_RETURN(NodeId system, ReadOne(head, "system info", nullptr, more));
  if (arena_.kind(system) != NodeKind::kDict) {
    return Corrupt(fmt::format("the legacy file's system info is {}, not a dict",
                               NodeKindName(arena_.kind(system))));
  }
  ZOO_ASSIGN_OR_RETURN(root_, ReadOne(head, "object", load, more));
  ZOO_ASSIGN_OR_RETURN(keys_, ReadOne(head, "storage keys", nullptr, more));
  return {};
}

Result<NodeId> Reader::LoadPersistent(Arena& arena, NodeId id) {
  // ("module", class, file, source): the class, with the text of the file that defined it.
  auto parts = arena.Sequence(id);
  if (parts && parts->size() == 4 && StorageKey(arena, (*parts)[0]) == "module") return (*parts)[1];
  ZOO_ASSIGN_OR_RETURN(StorageName name, ReadStorageName(arena, id));
  auto found = by_key_.find(name.storage.key);
  uint32_t index = found == by_key_.end() ? AddStorage(name.storage) : found->second;
  by_key_.emplace(name.storage.key, index);
  const StorageRow& first = arena.storages[index];
  if (name.view) return LoadView(name, index);
  // Only where there are no bytes does PyTorch take each use at its word.
  if (first.nbytes() == 0 && first.dtype != name.storage.dtype) {
    name.storage.elements = 0;
    index = AddStorage(name.storage);
    contents_.places[index].found = true;
  }
  return arena.AddStorage(index, std::nullopt);
}

uint32_t Reader::AddStorage(const StorageRow& storage) {
  arena_.storages.push_back(storage);
  contents_.places.emplace_back();
  arena_.CountItems(16);
  return static_cast<uint32_t>(arena_.storages.size() - 1);
}

Result<NodeId> Reader::LoadView(const StorageName& name, uint32_t storage) {
  ZOO_RETURN_IF_ERROR(CheckView(arena_.storages[storage], name));
  auto [found, fresh] = views_.emplace(name.view_key, kNoNode);
  if (fresh) {
    found->second = arena_.AddStorage(storage, name.view);
    arena_.CountItems(4);
    return found->second;
  }
  const Node& node = arena_.at(found->second);
  const StorageView& before = arena_.views[node.second - 1];
  if (node.first == storage && before.offset == name.view->offset &&
      before.elements == name.view->elements) {
    return found->second;
  }
  return Error{ErrorCode::kCorrupt,
               fmt::format("a persistent id: view {} is of another part of a storage than before",
                           Quote(name.view_key, 80)),
               ""};
}

Result<uint64_t> Reader::ReadCount(uint64_t offset, std::string_view key) const {
  uint64_t count = 0;
  if (region_.size - offset < sizeof count) {
    return Corrupt(
        fmt::format("cut off after {} bytes, before storage {}", region_.size, Quote(key, 80)),
        "download it again");
  }
  if (region_.kept != nullptr) {
    std::memcpy(&count, region_.kept + offset, sizeof count);
    return count;
  }
  ZOO_RETURN_IF_ERROR(contents_.file->Read(region_.offset + offset,
                                           std::as_writable_bytes(std::span(&count, size_t{1}))));
  return count;
}

Status Reader::FindStorage(NodeId key_node) {
  auto text = StorageKey(arena_, key_node);
  if (!text) {
    return Corrupt(fmt::format("the list of storages holds {}, not a string",
                               NodeKindName(arena_.kind(key_node))));
  }
  std::string_view key = *text;
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    return Corrupt(
        fmt::format("the list of storages names {}, which no tensor uses", Quote(key, 80)));
  }
  const StorageRow& storage = arena_.storages[found->second];
  StoragePlace& place = contents_.places[found->second];
  if (place.found) {
    return Corrupt(fmt::format("the list of storages names {} twice", Quote(key, 80)));
  }
  ZOO_ASSIGN_OR_RETURN(uint64_t count, ReadCount(at_, key));
  if (count != storage.elements) {
    return Corrupt(fmt::format("storage {} has {} elements at byte {}, its tensors say {}",
                               Quote(key, 80), count, region_.offset + at_, storage.elements));
  }
  at_ += sizeof count;
  if (storage.nbytes() > region_.size - at_) {
    return Corrupt(
        fmt::format("cut off after {} bytes: storage {} needs {} bytes from byte {} on",
                    region_.size, Quote(key, 80), storage.nbytes(), region_.offset + at_),
        "download it again");
  }
  place = {.offset = region_.offset + at_, .found = true};
  if (region_.kept != nullptr) place = {.offset = at_, .kept = region_.kept, .found = true};
  at_ += storage.nbytes();
  return {};
}

Status Reader::FindStorages() {
  auto keys = arena_.Sequence(keys_);
  if (!keys) {
    return Corrupt(fmt::format("the list of storages is {}", NodeKindName(arena_.kind(keys_))));
  }
  for (NodeId key : *keys) ZOO_RETURN_IF_ERROR(FindStorage(key));
  std::optional<uint32_t> lost;  // the first of them: the map has an order of its own
  for (const auto& [key, i] : by_key_) {
    if (!contents_.places[i].found) lost = std::min(lost.value_or(i), i);
  }
  if (lost) {
    return Corrupt(fmt::format("storage {} is not in the list of storages",
                               Quote(arena_.storages[*lost].key, 80)));
  }
  return {};
}

Error CutOff(const FileContents& contents, Error error) {
  uint64_t size = contents.file->size();
  if (size <= contents.options.limits.pickle_bytes) {
    error.hint = fmt::format("the file is cut off after {} bytes: download it again", size);
  } else {
    error.hint = "raise the limit \"pickle_bytes\" if the file is trusted";
  }
  return error;
}

}  // namespace

Status ReadTorchLegacy(FileContents& contents) {
  contents.format = Format::kLegacy;
  Region region{.name = contents.file->name(), .size = contents.file->size()};
  uint64_t most = std::min(contents.file->size(), contents.options.limits.pickle_bytes);
  for (uint64_t size = std::min(kFirstWindow, most);; size = std::min(size * kWindowGrowth, most)) {
    std::string head(size, '\0');
    ZOO_RETURN_IF_ERROR(contents.file->Read(0, std::as_writable_bytes(std::span(head))));
    contents.arena = Arena(contents.options.limits);
    contents.places.clear();
    std::string_view kept = contents.arena.Keep(std::move(head));
    Reader reader(contents, region);
    bool more = false;
    Status pickles = reader.ReadPickles(AsBytes(kept), more);
    contents.root = reader.root();
    if (pickles) return reader.FindStorages();
    if (!more) return pickles;
    if (size == most) return CutOff(contents, pickles.error());
  }
}

Result<NodeId> ReadNestedLegacy(FileContents& contents, ByteView bytes, std::string where,
                                std::optional<uint64_t> offset) {
  Region region{.name = std::move(where), .offset = offset.value_or(0), .size = bytes.size()};
  if (!offset) region.kept = bytes.data();
  Reader reader(contents, region);
  bool more = false;
  ZOO_RETURN_IF_ERROR(reader.ReadPickles(bytes, more));
  ZOO_RETURN_IF_ERROR(reader.FindStorages());
  return reader.root();
}

}  // namespace zoo
