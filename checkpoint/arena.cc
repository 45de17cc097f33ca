#include "zoo/checkpoint/arena.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace zoo {
namespace {

constexpr size_t kFirstNodes = 512;
constexpr size_t kMostExpected = 16 << 20;  // bytes of a pickle

}  // namespace

std::string_view NodeKindName(NodeKind kind) {
  static constexpr std::string_view kNames[] = {
      "None",      "a bool",      "an int",         "an int of more than 64 bits",
      "a float",   "a complex",   "a string",       "bytes",
      "bytearray", "a list",      "a tuple",        "a dict",
      "a set",     "a frozenset", "a slice",        "a range",
      "a Size",    "a dtype",     "a device",       "a tensor",
      "a storage", "an array",    "a NumPy scalar", "a class",
      "an object"};
  return kNames[static_cast<size_t>(kind)];
}

Arena::Arena(const Limits& limits) : limits_(limits) {
  nodes_.reserve(kFirstNodes);
  for (NodeKind kind : {NodeKind::kNone, NodeKind::kBool, NodeKind::kBool, NodeKind::kTuple}) {
    nodes_.push_back(Node{.kind = kind});
  }
  nodes_[kTrue].integer = 1;
  for (int64_t i = 0; i < 256; ++i) {
    nodes_.push_back(Node{.kind = NodeKind::kInt, .integer = i});
  }
}

// What is reserved and not used costs no memory; what grows costs twice.
void Arena::Expect(size_t pickle_bytes) {
  if (nodes_.capacity() > kFirstNodes) return;
  const size_t bytes = std::min(pickle_bytes, kMostExpected);
  nodes_.reserve(nodes_.size() + bytes / 8);
  pool.reserve(bytes / 6);
  containers.reserve(bytes / 64);
  tensors.reserve(bytes / 64);
  dims.reserve(bytes / 16);
}

std::string_view Arena::Keep(std::string bytes) {
  kept_.push_back(std::move(bytes));
  return kept_.back();
}

NodeId Arena::Add(Node node) {
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size() - 1);
}

NodeId Arena::AddInt(int64_t value) {
  if (value >= 0 && value < 256) return kSmallInts + static_cast<NodeId>(value);
  return Add({.kind = NodeKind::kInt, .integer = value});
}

NodeId Arena::AddFloat(double value) { return Add({.kind = NodeKind::kFloat, .real = value}); }

NodeId Arena::AddText(NodeKind kind, std::string_view text, uint8_t detail) {
  return Add({.kind = kind,
              .detail = detail,
              .count = static_cast<uint32_t>(text.size()),
              .text = text.data()});
}

NodeId Arena::AddComplex(double real, double imaginary) {
  numbers.push_back({real, imaginary});
  Node node{.kind = NodeKind::kComplex};
  node.first = static_cast<uint32_t>(numbers.size() - 1);
  return Add(node);
}

NodeId Arena::AddTuple(NodeKind kind, std::span<const NodeId> items) {
  Node node{.kind = kind, .count = static_cast<uint32_t>(items.size())};
  node.first = static_cast<uint32_t>(pool.size());
  node.second = 0;
  pool.insert(pool.end(), items.begin(), items.end());
  CountItems(items.size());
  return Add(node);
}

NodeId Arena::AddContainer(NodeKind kind) {
  containers.emplace_back();
  Node node{.kind = kind};
  node.first = static_cast<uint32_t>(containers.size() - 1);
  CountItems(4);
  return Add(node);
}

NodeId Arena::AddClass(std::string_view module, std::string_view name) {
  std::string key(module);
  key += '\n';
  key += name;
  auto [found, fresh] = class_nodes_.emplace(std::move(key), kNoNode);
  if (fresh) {
    std::string qualified = module.empty() ? std::string(name) : fmt::format("{}.{}", module, name);
    classes.push_back({std::string(module), std::string(name), std::move(qualified)});
    Node node{.kind = NodeKind::kClass};
    node.first = static_cast<uint32_t>(classes.size() - 1);
    CountItems(16);
    found->second = Add(node);
  }
  return found->second;
}

NodeId Arena::AddObject(NodeId callable, NodeId arguments) {
  objects.push_back({.callable = callable, .arguments = arguments});
  Node node{.kind = NodeKind::kObject};
  node.first = static_cast<uint32_t>(objects.size() - 1);
  CountItems(6);
  return Add(node);
}

NodeId Arena::AddTensor(const TensorRow& row) {
  tensors.push_back(row);
  Node node{.kind = NodeKind::kTensor};
  node.first = static_cast<uint32_t>(tensors.size() - 1);
  CountItems(4);
  return Add(node);
}

NodeId Arena::AddStorage(uint32_t storage, std::optional<StorageView> view) {
  Node node{.kind = NodeKind::kStorage};
  node.first = storage;
  node.second = 0;
  if (view) {
    views.push_back(*view);
    node.second = static_cast<uint32_t>(views.size());
  }
  return Add(node);
}

NodeId Arena::AddArray(NodeKind kind, ArrayRow row) {
  arrays.push_back(std::move(row));
  Node node{.kind = kind};
  node.first = static_cast<uint32_t>(arrays.size() - 1);
  CountItems(6);
  return Add(node);
}

bool Arena::IsClass(NodeId id, std::string_view module, std::string_view name) const {
  return kind(id) == NodeKind::kClass && class_row(id).module == module &&
         class_row(id).name == name;
}

std::string_view Arena::ClassName(NodeId id) const {
  // An object made by an object made by ...: each is older than what it made, so this ends.
  while (kind(id) == NodeKind::kObject) id = object(id).callable;
  return kind(id) == NodeKind::kClass ? class_row(id).qualified : std::string_view();
}

std::optional<std::span<const NodeId>> Arena::Sequence(NodeId id) const {
  if (kind(id) == NodeKind::kTuple || kind(id) == NodeKind::kSize) return Tuple(id);
  if (kind(id) == NodeKind::kList) return std::span<const NodeId>(Items(id));
  return std::nullopt;
}

NodeId Arena::Find(NodeId dict, std::string_view key) const {
  const std::vector<NodeId>& items = Items(dict);
  for (size_t i = items.size(); i >= 2; i -= 2) {
    if (IsText(items[i - 2], key)) return items[i - 1];
  }
  return kNoNode;
}

}  // namespace zoo
