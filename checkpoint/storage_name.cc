#include "zoo/checkpoint/storage_name.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/global_table.h"

namespace zoo {
namespace {

constexpr size_t kMostName = 1000;

Error Wrong(std::string what) {
  return {ErrorCode::kCorrupt, "a persistent id: " + std::move(what), ""};
}

Result<uint64_t> Whole(const Arena& arena, NodeId id, std::string_view name) {
  const Node& node = arena.at(id);
  if (node.kind != NodeKind::kInt) {
    return Wrong(fmt::format("its {} is {}, not an int of 64 bits", name, NodeKindName(node.kind)));
  }
  if (node.integer < 0) return Wrong(fmt::format("its {} is {}", name, node.integer));
  return static_cast<uint64_t>(node.integer);
}

bool IsText(NodeKind kind) { return kind == NodeKind::kString || kind == NodeKind::kBytes; }

Status ReadView(Arena& arena, NodeId id, StorageName& name) {
  if (arena.kind(id) == NodeKind::kNone) return {};
  auto parts = arena.Sequence(id);
  if (!parts || parts->size() != 3) return Wrong("its view is not a tuple of three");
  auto key = StorageKey(arena, (*parts)[0]);
  if (!key) {
    return Wrong(
        fmt::format("its view's key is {}, not a string", NodeKindName(arena.kind((*parts)[0]))));
  }
  StorageView view;
  ZOO_ASSIGN_OR_RETURN(view.offset, Whole(arena, (*parts)[1], "view's offset"));
  ZOO_ASSIGN_OR_RETURN(view.elements, Whole(arena, (*parts)[2], "view's size"));
  name.view = view;
  name.view_key = *key;
  return {};
}

}  // namespace

Result<StorageName> ReadStorageName(Arena& arena, NodeId persistent_id) {
  auto parts = arena.Sequence(persistent_id);
  if (!parts || parts->size() < 5 || parts->size() > 6) {
    return Wrong("it is not a tuple of five or six");
  }
  const auto& at = *parts;
  if (!IsText(arena.kind(at[0])) || arena.text(at[0]) != "storage") {
    return Wrong("it does not name a storage");
  }
  const GlobalRow* type = StorageType(arena, at[1]);
  if (type == nullptr) {
    std::string_view name = arena.ClassName(at[1]);
    return Wrong(name.empty()
                     ? fmt::format("its storage type is {}", NodeKindName(arena.kind(at[1])))
                     : Quote(name, 80) + " is not a storage type that is read");
  }
  auto key = StorageKey(arena, at[2]);
  if (!key) {
    return Wrong(fmt::format("its key is {}, not a string", NodeKindName(arena.kind(at[2]))));
  }
  if (!IsText(arena.kind(at[3]))) {
    return Wrong(fmt::format("its location is {}, not a string", NodeKindName(arena.kind(at[3]))));
  }
  // Each storage has a copy of both, which in the file may be one text.
  for (std::string_view text : {*key, arena.text(at[3])}) {
    if (text.size() <= kMostName) continue;
    return Wrong(
        fmt::format("its key or location has {} bytes, the limit is {}", text.size(), kMostName));
  }
  StorageName name;
  name.storage = {.key = *key, .dtype = type->dtype, .device = arena.text(at[3])};
  ZOO_ASSIGN_OR_RETURN(name.storage.elements, Whole(arena, at[4], "number of elements"));
  if (name.storage.elements > (uint64_t{1} << 62) / ItemSize(type->dtype)) {
    return Wrong(fmt::format("storage {} of {} elements", Quote(name.storage.key, 80),
                             name.storage.elements));
  }
  if (parts->size() == 6) {
    ZOO_RETURN_IF_ERROR(ReadView(arena, at[5], name));
  }
  return name;
}

std::optional<std::string_view> StorageKey(Arena& arena, NodeId key) {
  if (IsText(arena.kind(key))) return arena.text(key);
  if (arena.kind(key) != NodeKind::kInt) return std::nullopt;
  arena.CountItems(4);
  return arena.Keep(std::to_string(arena.at(key).integer));
}

Status CheckView(const StorageRow& storage, const StorageName& name) {
  if (name.storage.dtype != storage.dtype) {
    return Wrong(fmt::format("a view of {} of storage {}, which is of {}",
                             DTypeName(name.storage.dtype), Quote(storage.key, 80),
                             DTypeName(storage.dtype)));
  }
  const StorageView& view = *name.view;
  if (view.offset <= storage.elements && view.elements <= storage.elements - view.offset) return {};
  return Wrong(fmt::format("a view of {} elements from {} of storage {}, which has {}",
                           view.elements, view.offset, Quote(storage.key, 80), storage.elements));
}

}  // namespace zoo
