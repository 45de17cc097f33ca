#include "zoo/checkpoint/document_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "zoo/base/text.h"

namespace zoo {
namespace {

using Id = Document::Id;
using Kind = DocumentNode::Kind;

constexpr Kind kUnhashable[] = {Kind::kList, Kind::kDict, Kind::kSet, Kind::kByteArray};

Error Usage(std::string what) { return {ErrorCode::kUsage, std::move(what), ""}; }
Error Unsupported(std::string what) { return {ErrorCode::kUnsupported, std::move(what), ""}; }

bool Hashable(const DocumentReader& document, Id id) {
  std::vector<Id> todo{id};
  std::unordered_set<Id> seen;
  while (!todo.empty()) {
    const Id at = todo.back();
    todo.pop_back();
    if (!seen.insert(at).second) continue;
    const DocumentNode& node = document.node(at);
    if (std::ranges::find(kUnhashable, node.kind) != std::end(kUnhashable)) return false;
    if (node.kind != Kind::kTuple) continue;
    auto items = document.children(node);
    todo.insert(todo.end(), items.begin(), items.end());
  }
  return true;
}

// A set's members, or a dict's keys, which are every second child.
Status CheckKeys(const DocumentReader& document, const DocumentNode& container) {
  const bool dict = container.kind == Kind::kDict;
  auto children = document.children(container);
  for (size_t i = 0; i < children.size(); i += dict ? 2 : 1) {
    if (Hashable(document, children[i])) continue;
    return Unsupported(fmt::format("{} in {}, which Python cannot hash",
                                   KindWords(document.node(children[i]).kind),
                                   dict ? "a dict's key" : "a set"));
  }
  return {};
}

Status CheckDict(const DocumentReader& document, const DocumentNode& dict) {
  if (dict.attributes != Document::kNoId &&
      (!dict.ordered || document.node(dict.attributes).kind != Kind::kDict)) {
    return Usage("attributes of a plain dict, or that are no dict");
  }
  return CheckKeys(document, dict);
}

Status CheckQuantization(const Quantization& quantization, const Document::TensorSpec& spec) {
  if (quantization.scheme == "per_tensor_affine") return {};
  if (!quantization.scheme.starts_with("per_channel_affine")) {
    return Unsupported("the quantization scheme " + Quote(quantization.scheme, 80));
  }
  const auto axis = static_cast<size_t>(quantization.axis);
  if (quantization.axis < 0 || axis >= spec.shape.size() ||
      quantization.scales.size() != static_cast<size_t>(spec.shape[axis]) ||
      quantization.zero_points.size() != quantization.scales.size()) {
    return Usage(fmt::format("{} scales and {} zero points along dimension {}",
                             quantization.scales.size(), quantization.zero_points.size(),
                             quantization.axis));
  }
  return {};
}

Status CheckTensor(const DocumentReader& document, const DocumentNode& node) {
  if (std::string problem = document.Problem(node); !problem.empty()) return Usage(problem);
  if (node.kind == Kind::kMeta) return {};
  const auto& quantization = document.quantization(node);
  const Document::TensorSpec& spec = document.spec(node);
  const std::string_view dtype = DTypeName(document.storages()[spec.storage].dtype);
  const bool quantized = dtype.starts_with('q');
  if (quantized != quantization.has_value()) {
    return Usage(
        fmt::format("a tensor of {} {} quantization", dtype, quantized ? "without" : "with"));
  }
  return quantization ? CheckQuantization(*quantization, spec) : Status();
}

// How many tensors a sparse or nested tensor is made of; 0 for other layouts.
size_t PartsOf(Layout layout) {
  constexpr size_t kCoo = 2, kCompressed = 3, kNested = 4;
  switch (layout) {
    case Layout::kSparseCoo:
      return kCoo;
    case Layout::kSparseCsr:
    case Layout::kSparseCsc:
    case Layout::kSparseBsr:
    case Layout::kSparseBsc:
      return kCompressed;
    case Layout::kNested:
      return kNested;
    default:
      return 0;
  }
}

Status CheckComposite(const DocumentReader& document, const DocumentNode& node) {
  auto parts = document.children(node);
  if (PartsOf(node.layout) == 0 || parts.size() != PartsOf(node.layout)) {
    return Usage(fmt::format("a {} tensor of {} parts", LayoutName(node.layout), parts.size()));
  }
  for (Id part : parts) {
    if (document.node(part).kind == Kind::kTensor) continue;
    return Usage(fmt::format("a part of a {} tensor is {}", LayoutName(node.layout),
                             KindWords(document.node(part).kind)));
  }
  return {};
}

Status CheckStorage(const DocumentReader& document, const DocumentNode& node) {
  const auto storages = document.storages();
  const auto storage = static_cast<uint64_t>(node.integer);
  if (storage >= storages.size()) {
    return Usage(fmt::format("storage {}, and there are {}", storage, storages.size()));
  }
  std::string problem = StorageProblem(storages[storage]);
  return problem.empty() ? Status() : Usage(problem);
}

}  // namespace

Status CheckNode(const DocumentReader& document, const DocumentNode& node) {
  switch (node.kind) {
    case Kind::kSet:
      return CheckKeys(document, node);
    case Kind::kDict:
      return CheckDict(document, node);
    case Kind::kTensor:
    case Kind::kMeta:
      return CheckTensor(document, node);
    case Kind::kComposite:
      return CheckComposite(document, node);
    case Kind::kStorage:
      return CheckStorage(document, node);
    default:
      return {};
  }
}

}  // namespace zoo
