// Writes the tensors and storages of a document into a pickle, as torch.save does: the calls that
// rebuild them, and the persistent ids that name their storages by number. One thread.
#ifndef ZOO_CHECKPOINT_TENSOR_PICKLER_H_
#define ZOO_CHECKPOINT_TENSOR_PICKLER_H_

#include <cstdint>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/document_reader.h"
#include "zoo/checkpoint/pickle_emitter.h"

namespace zoo {

// Whether PyTorch names the storages of this dtype by their bytes alone ("UntypedStorage"), as it
// does for every dtype since 2.1.
bool IsUntyped(DType dtype);
// The elements of a storage as its persistent id counts them: bytes of an untyped one.
uint64_t StorageElements(const Document::Storage& storage);

class TensorPickler {
 public:
  enum class Names { kZip, kLegacy };  // of storages: with five parts, with six

  TensorPickler(const DocumentReader& document, Names names, PickleEmitter& out)
      : document_(document), names_(names), out_(out), ordinals_(document.storages().size(), 0) {}

  // A whole strided or meta tensor, or a storage.
  void Tensor(const DocumentNode& node);
  void Meta(const DocumentNode& node);
  void Storage(uint32_t storage);
  // A sparse or nested tensor: before its parts and after them.
  void OpenComposite(const DocumentNode& node);
  void CloseComposite(const DocumentNode& node);

  // The storages in the order of their first use: the place in it is the name of each.
  const std::vector<uint32_t>& storages() const { return order_; }

 private:
  void Strided(const DocumentNode& node, bool requires_grad);
  void Quantizer(const Quantization& quantization, DType dtype);
  void NoHooks();
  void Size(std::span<const int64_t> sizes);
  void Metadata(const Document::TensorSpec& spec);

  const DocumentReader& document_;
  Names names_;
  PickleEmitter& out_;
  std::vector<uint32_t> ordinals_;  // by storage, from 1 on; 0: not named yet
  std::vector<uint32_t> order_;
};

// How many tensors a sparse or nested tensor is made of; 0 for other layouts.
size_t PartsOf(Layout layout);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TENSOR_PICKLER_H_
