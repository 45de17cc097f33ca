// Snapshot: a document that is made of LibTorch's tensors, with the memory they lie in. What a save
// is before it is written: taken on the thread that trains, written on any other.
//
//   Snapshot snapshot(Snapshot::Memory::kCopied);
//   ZOO_ASSIGN_OR_RETURN(Document::Id weight, snapshot.Tensor("weight", linear->weight));
//   snapshot.Finish(weight);
//   std::jthread writer([snapshot = std::move(snapshot)] {
//     Result<Written> written = WriteCheckpoint(snapshot.document(), "weight.pt"); ...
//
// Tensors that share memory share it in the file. Filled by one thread; afterwards any thread may
// read it. Movable.
#ifndef ZOO_LOADER_SNAPSHOT_H_
#define ZOO_LOADER_SNAPSHOT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/document.h"

namespace zoo {

class Snapshot {
 public:
  enum class Memory {
    kShared,  // the tensors' own: they must not change until the snapshot was written
    kCopied,  // copied at once: they may change meanwhile
  };
  explicit Snapshot(Memory memory = Memory::kShared) : memory_(memory) {}

  Document& document() { return document_; }
  const Document& document() const { return document_; }

  // A tensor as Python's state_dict() holds it: detached, with its strides, its whole storage and
  // what shares it. From any device, to the label "cpu". kUnsupported, naming it, for other layouts
  // than strided, for quantized tensors, for dtypes that files do not have, and for one without
  // values (models/layers.h).
  Result<Document::Id> Tensor(std::string_view name, const at::Tensor& tensor);
  // {"key": value, ...}
  Document::Id Dict(const std::vector<std::pair<std::string_view, Document::Id>>& entries,
                    Document::DictOptions options = {});

  // Keeps the file open whose bytes the document refers to.
  void Hold(std::shared_ptr<const Checkpoint> checkpoint) {
    files_.push_back(std::move(checkpoint));
  }
  // The last call: `root` is what the file holds. Copied tensors are let go of.
  void Finish(Document::Id root);

 private:
  uint32_t StorageOf(const at::Tensor& tensor);

  Memory memory_;
  Document document_;
  std::vector<at::Tensor> bytes_;  // of the document's storages
  std::vector<at::Tensor> taken_;  // until the end, so that no other storage gets the same address
  std::vector<std::shared_ptr<const Checkpoint>> files_;
  // By storage and dtype: a file cannot view one storage with two.
  std::map<std::pair<const void*, at::ScalarType>, uint32_t> storages_;
};

}  // namespace zoo

#endif  // ZOO_LOADER_SNAPSHOT_H_
