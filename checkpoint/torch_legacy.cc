// Five pickles in a row: the magic number, the protocol 1001, a dict about the system that wrote
// it, the object, and the list of its storages' keys. Then, in the order of that list, for each
// storage its number of elements in 64 bits and its elements, little-endian, unaligned.
//
// How long the pickles are is known only by reading them: they are read from the file's first
// bytes, and from more of them if those end too early.
#include "zoo/checkpoint/torch_legacy.h"

#include <fmt/format.h>

#include <algorithm>
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

class Reader {
 public:
  explicit Reader(FileContents& contents) : contents_(contents), arena_(contents.arena) {}

  // From the file's first bytes; `more` says whether further ones could help.
  Status ReadPickles(ByteView head, bool& more);
  Status FindStorages();

 private:
  Error Corrupt(std::string what, std::string hint = "") const {
    return {ErrorCode::kCorrupt, contents_.file->name() + ": " + std::move(what), std::move(hint)};
  }
  Result<NodeId> ReadOne(ByteView head, std::string_view what, const PersistentLoad& load,
                         bool& more);
  Result<NodeId> LoadPersistent(Arena& arena, NodeId id);
  Result<uint64_t> ReadCount(uint64_t offset, std::string_view key) const;
  Status FindStorage(NodeId key);

  FileContents& contents_;
  Arena& arena_;
  uint64_t at_ = 0;  // where the next pickle or storage begins
  NodeId keys_ = Arena::kNone;
  std::unordered_map<std::string_view, uint32_t> by_key_;
};

Result<NodeId> Reader::ReadOne(ByteView head, std::string_view what, const PersistentLoad& load,
                               bool& more) {
  Unpickler unpickler(arena_, {.bytes = head.subspan(at_),
                               .offset = at_,
                               .where = fmt::format("{}: {}", contents_.file->name(), what),
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
  ZOO_ASSIGN_OR_RETURN(contents_.root, ReadOne(head, "object", load, more));
  ZOO_ASSIGN_OR_RETURN(keys_, ReadOne(head, "storage keys", nullptr, more));
  return {};
}

Result<NodeId> Reader::LoadPersistent(Arena& arena, NodeId id) {
  // ("module", class, file, source): the class, with the text of the file that defined it.
  auto parts = arena.Sequence(id);
  if (parts && parts->size() == 4 && arena.IsText((*parts)[0], "module")) return (*parts)[1];
  ZOO_ASSIGN_OR_RETURN(StorageName name, ReadStorageName(arena, id));
  uint32_t next = static_cast<uint32_t>(arena.storages.size());
  auto [found, fresh] = by_key_.emplace(name.storage.key, next);
  if (!fresh) {
    ZOO_RETURN_IF_ERROR(CheckSameStorage(arena.storages[found->second], name.storage));
  } else {
    arena.storages.push_back(name.storage);
    contents_.places.emplace_back();
    arena.CountItems(16);
  }
  return arena.AddStorage(found->second, name.view);
}

Result<uint64_t> Reader::ReadCount(uint64_t offset, std::string_view key) const {
  uint64_t count = 0;
  if (contents_.file->size() - offset < sizeof count) {
    return Corrupt(fmt::format("cut off after {} bytes, before storage {}", contents_.file->size(),
                               Quote(key, 80)),
                   "download it again");
  }
  ZOO_RETURN_IF_ERROR(
      contents_.file->Read(offset, std::as_writable_bytes(std::span(&count, size_t{1}))));
  return count;
}

Status Reader::FindStorage(NodeId key_node) {
  if (arena_.kind(key_node) != NodeKind::kString) {
    return Corrupt(fmt::format("the list of storages holds {}, not a string",
                               NodeKindName(arena_.kind(key_node))));
  }
  std::string_view key = arena_.text(key_node);
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
                               Quote(key, 80), count, at_, storage.elements));
  }
  at_ += sizeof count;
  if (storage.nbytes() > contents_.file->size() - at_) {
    return Corrupt(fmt::format("cut off after {} bytes: storage {} needs {} bytes from byte {} on",
                               contents_.file->size(), Quote(key, 80), storage.nbytes(), at_),
                   "download it again");
  }
  place = {.offset = at_, .found = true};
  at_ += storage.nbytes();
  return {};
}

Status Reader::FindStorages() {
  auto keys = arena_.Sequence(keys_);
  if (!keys) {
    return Corrupt(fmt::format("the list of storages is {}", NodeKindName(arena_.kind(keys_))));
  }
  for (NodeId key : *keys) ZOO_RETURN_IF_ERROR(FindStorage(key));
  for (size_t i = 0; i < contents_.places.size(); ++i) {
    if (contents_.places[i].found) continue;
    return Corrupt(fmt::format("storage {} is not in the list of storages",
                               Quote(arena_.storages[i].key, 80)));
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
  uint64_t most = std::min(contents.file->size(), contents.options.limits.pickle_bytes);
  for (uint64_t size = std::min(kFirstWindow, most);; size = std::min(size * kWindowGrowth, most)) {
    std::string head(size, '\0');
    ZOO_RETURN_IF_ERROR(contents.file->Read(0, std::as_writable_bytes(std::span(head))));
    contents.arena = Arena(contents.options.limits);
    contents.places.clear();
    std::string_view kept = contents.arena.Keep(std::move(head));
    Reader reader(contents);
    bool more = false;
    Status pickles = reader.ReadPickles(AsBytes(kept), more);
    if (pickles) return reader.FindStorages();
    if (!more) return pickles;
    if (size == most) return CutOff(contents, pickles.error());
  }
}

}  // namespace zoo
