#include "zoo/checkpoint/dict_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/name_table.h"
#include "zoo/checkpoint/python_repr.h"

namespace zoo {
namespace {

constexpr size_t kMostParts = 64;

// Bytes of keys that may still be compared: one long text may be in many keys.
class Allowance {
 public:
  explicit Allowance(uint64_t bytes) : left_(bytes) {}
  uint64_t left() const { return left_; }
  bool spent() const { return spent_; }
  void Take(uint64_t bytes) {
    spent_ = spent_ || bytes > left_;
    left_ -= std::min(bytes, left_);
  }

 private:
  uint64_t left_;
  bool spent_ = false;
};

// Text that is equal for equal keys: 1, 1.0 and True are one key. Of tuples with many parts, and of
// what compares by identity, the node itself. Without meaning once the allowance is spent.
std::string Canonical(const Arena& arena, NodeId key, Allowance& allowance) {
  std::string text;
  std::vector<NodeId> open{key};
  for (size_t parts = 0; !open.empty() && text.size() <= allowance.left(); ++parts) {
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
  allowance.Take(text.size());
  return text;
}

// The position of each key's entry: of strings by their text, of other keys by what they equal.
class Entries {
 public:
  Entries(const Arena& arena, const std::vector<NodeId>& items, Allowance& allowance)
      : arena_(arena), items_(items), allowance_(allowance), strings_(items.size() / 2) {}

  // `at`, if no equal key was added before; else the position of that one.
  size_t Add(NodeId key, size_t at) {
    if (arena_.kind(key) != NodeKind::kString) {
      return others_.emplace(Canonical(arena_, key, allowance_), at).first->second;
    }
    allowance_.Take(arena_.text(key).size());
    return strings_.Add(arena_.text(key), static_cast<uint32_t>(at),
                        [this](uint32_t before) { return arena_.text(items_[before]); });
  }

 private:
  const Arena& arena_;
  const std::vector<NodeId>& items_;
  Allowance& allowance_;
  NameTable strings_;
  std::unordered_map<std::string, size_t> others_;
};

void Resolve(const Arena& arena, std::vector<NodeId>& items, Allowance& allowance) {
  if (items.size() <= 2) return;
  Entries entries(arena, items, allowance);
  size_t kept = 0;
  for (size_t i = 0; i + 1 < items.size() && !allowance.spent(); i += 2) {
    size_t at = entries.Add(items[i], kept);
    if (at == kept) {
      items[kept] = items[i];
      kept += 2;
    }
    items[at + 1] = items[i + 1];
  }
  items.resize(kept);
}

// Equal members of a set are one, the first.
void Unite(const Arena& arena, std::vector<NodeId>& items, Allowance& allowance) {
  std::unordered_set<std::string> seen;
  std::erase_if(items, [&](NodeId item) {
    return !allowance.spent() && !seen.insert(Canonical(arena, item, allowance)).second;
  });
}

}  // namespace

Status ResolveDuplicateKeys(Arena& arena) {
  Allowance allowance(arena.limits().listing);
  for (NodeId id = 0; id < arena.size() && !allowance.spent(); ++id) {
    NodeKind kind = arena.kind(id);
    if (kind == NodeKind::kDict) Resolve(arena, arena.Items(id), allowance);
    if (kind == NodeKind::kSet || kind == NodeKind::kFrozenSet) {
      Unite(arena, arena.Items(id), allowance);
    }
    if (kind == NodeKind::kObject) Resolve(arena, arena.object(id).entries, allowance);
  }
  if (!allowance.spent()) return {};
  return Error{
      ErrorCode::kCorrupt,
      fmt::format("the keys of its dicts and sets take more than {} bytes", arena.limits().listing),
      RaiseLimit("listing")};
}

}  // namespace zoo
