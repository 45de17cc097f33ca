#include "zoo/checkpoint/document_reader.h"

#include <fmt/format.h>

#include <string_view>

namespace zoo {
namespace {

using Kind = DocumentNode::Kind;

// In the order of the enumeration.
constexpr std::string_view kWords[] = {
    "None",          "a bool",   "an int",      "an int",  "a float",  "a complex",
    "a string",      "bytes",    "a bytearray", "a dtype", "a device", "a Size",
    "a tuple",       "a list",   "a set",       "a dict",  "a tensor", "a sparse or nested tensor",
    "a meta tensor", "a storage"};

// The index of the highest element that is touched; nothing if it does not fit 64 bits.
std::optional<uint64_t> LastElement(const Document::TensorSpec& spec) {
  std::optional<uint64_t> last = static_cast<uint64_t>(spec.storage_offset);
  for (size_t i = 0; i < spec.shape.size() && last; ++i) {
    auto reach = CheckedMultiply(static_cast<uint64_t>(spec.shape[i] - 1),
                                 static_cast<uint64_t>(spec.stride[i]));
    last = reach ? CheckedAdd(*last, *reach) : std::nullopt;
  }
  return last;
}

std::string ShapeProblem(const Document::TensorSpec& spec) {
  if (spec.shape.size() != spec.stride.size()) {
    return fmt::format("a tensor of {} dimensions with {} strides", spec.shape.size(),
                       spec.stride.size());
  }
  for (int64_t value : spec.shape) {
    if (value < 0) return fmt::format("a tensor with a dimension of {}", value);
  }
  for (int64_t value : spec.stride) {
    if (value < 0) return fmt::format("a tensor with a stride of {}", value);
  }
  if (spec.storage_offset < 0) {
    return fmt::format("a tensor at element {} of its storage", spec.storage_offset);
  }
  return {};
}

bool IsEmpty(const Document::TensorSpec& spec) {
  for (int64_t value : spec.shape) {
    if (value == 0) return true;
  }
  return false;
}

}  // namespace

std::span<const Document::Id> DocumentReader::children(const DocumentNode& node) const {
  switch (node.kind) {
    case Kind::kTuple:
    case Kind::kList:
    case Kind::kSet:
    case Kind::kDict:
      return contents_.children[node.index];
    case Kind::kComposite:
      return contents_.children[static_cast<size_t>(node.integer)];
    default:
      return {};
  }
}

std::string DocumentReader::Problem(const DocumentNode& tensor) const {
  const Document::TensorSpec& spec = contents_.specs[tensor.index].tensor;
  if (std::string problem = ShapeProblem(spec); !problem.empty()) return problem;
  if (tensor.kind == Kind::kMeta) return {};
  if (spec.storage >= contents_.storages.size()) {
    return fmt::format("a tensor of storage {}, and there are {}", spec.storage,
                       contents_.storages.size());
  }
  const Document::Storage& storage = contents_.storages[spec.storage];
  if (std::string problem = StorageProblem(storage); !problem.empty()) return problem;
  if (IsEmpty(spec)) return {};
  const uint64_t elements = StorageBytes(storage) / ItemSize(storage.dtype) *
                            static_cast<uint64_t>(ElementsPerItem(storage.dtype));
  auto last = LastElement(spec);
  if (!last || *last >= elements) {
    return fmt::format("a tensor that reaches element {} of its storage of {}",
                       last ? fmt::to_string(*last) : "2^64", elements);
  }
  return {};
}

std::string StorageProblem(const Document::Storage& storage) {
  const uint64_t bytes = StorageBytes(storage);
  if (bytes % ItemSize(storage.dtype) == 0) return {};
  return fmt::format("a storage of {} bytes, which are not whole elements of {}", bytes,
                     DTypeName(storage.dtype));
}

std::string_view KindWords(DocumentNode::Kind kind) { return kWords[static_cast<size_t>(kind)]; }

std::optional<PathStep> StepTo(const DocumentReader& document, Document::Id container, size_t i) {
  const DocumentNode& node = document.node(container);
  if (node.kind != Kind::kDict) return PathStep(static_cast<int64_t>(i));
  if (i % 2 == 0) return std::nullopt;
  const DocumentNode& key = document.node(document.children(node)[i - 1]);
  if (key.kind == Kind::kString) return PathStep(document.text(key));
  if (key.kind == Kind::kInt) return PathStep(key.integer);
  return PathStep(ReprKey{std::string(KindWords(key.kind))});
}

}  // namespace zoo
