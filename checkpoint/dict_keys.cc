#include "zoo/checkpoint/dict_keys.h"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "zoo/checkpoint/python_repr.h"

namespace zoo {
namespace {

constexpr size_t kMostParts = 64;

// Text that is equal for equal keys: 1, 1.0 and True are one key. Of tuples with many parts, and of
// what compares by identity, the node itself.
std::string Canonical(const Arena& arena, NodeId key) {
  std::string text;
  std::vector<NodeId> open{key};
  for (size_t parts = 0; !open.empty(); ++parts) {
    if (parts == kMostParts) return fmt::format("#{}", key);
    NodeId id = open.back();
    open.pop_back();
    const Node& node = arena.at(id);
    bool whole = node.kind == NodeKind::kFloat && std::abs(node.real) < 0x1p63 &&
                 node.real == std::floor(node.real);
    if (node.kind == NodeKind::kTuple) {
      text += fmt::format("({}", node.count);
      for (NodeId item : arena.Tuple(id)) open.push_back(item);
    } else if (whole) {
      text += fmt::format("i{};", static_cast<int64_t>(node.real));
    } else if (node.kind == NodeKind::kInt || node.kind == NodeKind::kBool) {
      text += fmt::format("i{};", node.integer);
    } else if (node.kind == NodeKind::kBigInt) {
      text += "i" + IntDigits(arena, id) + ";";
    } else if (node.kind == NodeKind::kFloat && !std::isnan(node.real)) {
      text += fmt::format("f{};", node.real);
    } else if (node.kind == NodeKind::kString || node.kind == NodeKind::kBytes) {
      text += fmt::format("{}{}:{}", node.kind == NodeKind::kString ? 's' : 'b', node.count,
                          arena.text(id));
    } else {
      text += fmt::format("#{};", id);
    }
  }
  return text;
}

void Resolve(const Arena& arena, std::vector<NodeId>& items) {
  std::unordered_map<std::string_view, size_t> strings;
  std::unordered_map<std::string, size_t> others;
  strings.reserve(items.size() / 2);
  size_t kept = 0;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    NodeId key = items[i];
    bool string = arena.kind(key) == NodeKind::kString;
    auto [at, fresh] = [&]() -> std::pair<size_t, bool> {
      if (string) {
        auto [found, added] = strings.emplace(arena.text(key), kept);
        return {found->second, added};
      }
      auto [found, added] = others.emplace(Canonical(arena, key), kept);
      return {found->second, added};
    }();
    if (fresh) {
      items[kept] = key;
      kept += 2;
    }
    items[at + 1] = items[i + 1];
  }
  items.resize(kept);
}

// Equal members of a set are one, the first.
void Unite(const Arena& arena, std::vector<NodeId>& items) {
  std::unordered_set<std::string> seen;
  std::erase_if(items, [&](NodeId item) { return !seen.insert(Canonical(arena, item)).second; });
}

}  // namespace

void ResolveDuplicateKeys(Arena& arena) {
  for (NodeId id = 0; id < arena.size(); ++id) {
    NodeKind kind = arena.kind(id);
    if (kind == NodeKind::kDict) Resolve(arena, arena.Items(id));
    if (kind == NodeKind::kSet || kind == NodeKind::kFrozenSet) Unite(arena, arena.Items(id));
    if (arena.kind(id) == NodeKind::kObject) Resolve(arena, arena.object(id).entries);
  }
}

}  // namespace zoo
