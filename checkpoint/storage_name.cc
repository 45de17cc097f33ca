#include "zoo/checkpoint/storage_name.h"

#include <fmt/format.h>

#include <string>

#include "zoo/base/text.h"
#include "zoo/checkpoint/global_table.h"

namespace zoo {
namespace {

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

Result<std::optional<StorageView>> ReadView(const Arena& arena, NodeId id,
                                            const StorageRow& storage) {
  if (arena.kind(id) == NodeKind::kNone) return std::optional<StorageView>();
  auto parts = arena.Sequence(id);
  if (!parts || parts->size() != 3) return Wrong("its view is not a tuple of three");
  StorageView view;
  ZOO_ASSIGN_OR_RETURN(view.offset, Whole(arena, (*parts)[1], "view's offset"));
  ZOO_ASSIGN_OR_RETURN(view.elements, Whole(arena, (*parts)[2], "view's size"));
  if (view.offset > storage.elements || view.elements > storage.elements - view.offset) {
    return Wrong(fmt::format("a view of {} elements from {} of storage {}, which has {}",
                             view.elements, view.offset, Quote(storage.key, 80), storage.elements));
  }
  return std::optional<StorageView>(view);
}

}  // namespace

Result<StorageName> ReadStorageName(Arena& arena, NodeId persistent_id) {
  auto parts = arena.Sequence(persistent_id);
  if (!parts || parts->size() < 5 || parts->size() > 6) {
    return Wrong("it is not a tuple of five or six");
  }
  const auto& at = *parts;
  if (!arena.IsText(at[0], "storage")) return Wrong("it does not name a storage");
  const GlobalRow* type = StorageType(arena, at[1]);
  if (type == nullptr) {
    std::string_view name = arena.ClassName(at[1]);
    return Wrong(name.empty()
                     ? fmt::format("its storage type is {}", NodeKindName(arena.kind(at[1])))
                     : Quote(name, 80) + " is not a storage type that is read");
  }
  bool digits = arena.kind(at[2]) == NodeKind::kInt;
  if (!digits && arena.kind(at[2]) != NodeKind::kString) {
    return Wrong(fmt::format("its key is {}, not a string", NodeKindName(arena.kind(at[2]))));
  }
  if (arena.kind(at[3]) != NodeKind::kString) {
    return Wrong(fmt::format("its location is {}, not a string", NodeKindName(arena.kind(at[3]))));
  }
  StorageName name;
  std::string_view key =
      digits ? arena.Keep(std::to_string(arena.at(at[2]).integer)) : arena.text(at[2]);
  name.storage = {.key = key, .dtype = type->dtype, .device = arena.text(at[3])};
  ZOO_ASSIGN_OR_RETURN(name.storage.elements, Whole(arena, at[4], "number of elements"));
  if (name.storage.elements > (uint64_t{1} << 62) / ItemSize(type->dtype)) {
    return Wrong(fmt::format("storage {} of {} elements", Quote(name.storage.key, 80),
                             name.storage.elements));
  }
  if (parts->size() == 6) {
    ZOO_ASSIGN_OR_RETURN(name.view, ReadView(arena, at[5], name.storage));
  }
  return name;
}

Status CheckSameStorage(const StorageRow& before, const StorageRow& now) {
  if (before.dtype == now.dtype && before.elements == now.elements) return {};
  return Wrong(fmt::format("storage {} is {} elements of {} and, before, {} of {}",
                           Quote(now.key, 80), now.elements, DTypeName(now.dtype), before.elements,
                           DTypeName(before.dtype)));
}

}  // namespace zoo
