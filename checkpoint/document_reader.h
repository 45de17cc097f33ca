// DocumentReader: how the writers look at a Document. Borrows it; any thread.
#ifndef ZOO_CHECKPOINT_DOCUMENT_READER_H_
#define ZOO_CHECKPOINT_DOCUMENT_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/dtype.h"
#include "zoo/checkpoint/tensor_info.h"

namespace zoo {

struct DocumentNode {
  enum class Kind : uint8_t {
    kNone,
    kBool,       // integer
    kInt,        // integer
    kBigInt,     // text
    kFloat,      // real
    kComplex,    // real, imaginary
    kString,     // text
    kBytes,      // text
    kByteArray,  // text
    kDType,      // text
    kDevice,     // text
    kSize,       // sizes
    kTuple,      // children
    kList,       // children
    kSet,        // children
    kDict,       // children: key, value, key, value ...
    kTensor,     // spec, quantization
    kComposite,  // spec.shape, layout, children: its parts
    kMeta,       // spec, dtype
    kStorage,    // integer
  };
  Kind kind = Kind::kNone;
  bool ordered = false;    // of a dict
  bool counter = false;    // of a dict: a collections.Counter
  bool coalesced = false;  // of a composite
  Layout layout = Layout::kStrided;
  DType dtype = DType::kFloat32;
  uint32_t index = 0;  // of its text, children or spec
  Document::Id attributes = Document::kNoId;
  int64_t integer = 0;
  double real = 0, imaginary = 0;
};

struct Document::Contents {
  struct Spec {
    TensorSpec tensor;
    std::optional<Quantization> quantization = std::nullopt;
  };
  std::vector<DocumentNode> nodes;
  std::vector<std::string> texts;
  std::vector<std::vector<Id>> children;
  std::vector<Spec> specs;
  std::vector<Storage> storages;
  Id root = kNoId;
};

class DocumentReader {
 public:
  using Id = Document::Id;
  explicit DocumentReader(const Document& document) : contents_(*document.contents_) {}

  Id root() const { return contents_.root; }
  size_t size() const { return contents_.nodes.size(); }
  const DocumentNode& node(Id id) const { return contents_.nodes[id]; }
  const std::string& text(const DocumentNode& node) const { return contents_.texts[node.index]; }
  const Document::TensorSpec& spec(const DocumentNode& node) const {
    return contents_.specs[node.index].tensor;
  }
  const std::optional<Quantization>& quantization(const DocumentNode& node) const {
    return contents_.specs[node.index].quantization;
  }
  // Members of a container, parts of a composite; empty for all others. Without a dict's
  // attributes.
  std::span<const Id> children(const DocumentNode& node) const;
  std::span<const Document::Storage> storages() const { return contents_.storages; }

  // What is wrong with a strided or meta tensor; empty: nothing.
  std::string Problem(const DocumentNode& tensor) const;

 private:
  const Document::Contents& contents_;
};

// The bytes that a storage has.
inline uint64_t StorageBytes(const Document::Storage& storage) {
  return storage.read ? storage.nbytes : storage.bytes.size();
}

// What is wrong with it; empty: nothing.
std::string StorageProblem(const Document::Storage& storage);

// "a list", "an int": as messages call what a node is.
std::string_view KindWords(DocumentNode::Kind kind);

// The step from a container to its child number `i`, as messages show it; nothing for a dict's key,
// which stands at its dict.
std::optional<PathStep> StepTo(const DocumentReader& document, Document::Id container, size_t i);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_DOCUMENT_READER_H_
