// Document: what is to be written as a checkpoint: nested values, and tensors over storages whose
// bytes lie in memory or are read when they are written. Tensors of one storage stay shared in the
// file.
//
//   Document document;
//   auto storage = document.AddStorage({.dtype = DType::kFloat32, .bytes = AsBytes(weights)});
//   auto weight = document.Tensor({.storage = storage, .shape = {64, 3}, .stride = {3, 1}});
//   document.SetRoot(document.Dict({{document.String("weight"), weight}}, {.ordered = true}));
//   ZOO_RETURN_IF_ERROR(WriteCheckpoint(document, "model.pt"));
//
// Text is copied, the bytes of storages are not: they must stay as they are until the document was
// written. A list, dict or tuple may be used in several places and is one object there. Filled by
// one thread; afterwards any thread may read it.
#ifndef ZOO_CHECKPOINT_DOCUMENT_H_
#define ZOO_CHECKPOINT_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/tensor_info.h"

namespace zoo {

class Document {
 public:
  using Id = uint32_t;

  // The elements of a storage, little-endian: `bytes`, or `nbytes` of them that `read` hands out in
  // pieces, from any thread.
  struct Storage {
    DType dtype = DType::kFloat32;  // that its tensors have
    ByteView bytes;
    uint64_t nbytes = 0;  // with `read`
    std::function<Status(uint64_t offset, std::span<std::byte> into)> read;
  };
  struct TensorSpec {
    uint32_t storage = 0;
    int64_t storage_offset = 0;  // in elements
    std::vector<int64_t> shape = {}, stride = {};
    bool requires_grad = false;
    bool parameter = false;
    bool conj = false, neg = false;
  };
  struct DictOptions {
    bool ordered = false;  // a collections.OrderedDict, as state_dict() gives
    // Of an ordered one: its attributes, {"_metadata": ...}; kNoId: none.
    Id attributes = kNoId;
  };
  static constexpr Id kNoId = UINT32_MAX;

  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  Id None();
  Id Bool(bool value);
  Id Int(int64_t value);
  Id BigInt(std::string_view decimal);  // of any length; REQUIRES: an optional '-' and digits
  Id Float(double value);
  Id Complex(double real, double imaginary);
  Id String(std::string_view text);  // UTF-8, lone surrogates as CESU
  Id Bytes(std::string_view bytes);
  Id ByteArray(std::string_view bytes);
  Id DTypeValue(std::string_view name);  // "float32"
  Id Device(std::string_view name);      // "cuda:1"
  Id Size(std::span<const int64_t> sizes);
  Id Tuple(std::vector<Id> items);
  Id List(std::vector<Id> items);
  Id Set(std::vector<Id> items);
  Id Dict(std::vector<std::pair<Id, Id>> entries, DictOptions options);
  Id Dict(std::vector<std::pair<Id, Id>> entries) {
    return Dict(std::move(entries), DictOptions());
  }
  // A collections.Counter, of counts by what is counted.
  Id Counter(std::vector<std::pair<Id, Id>> entries);
  // Containers that contain themselves are filled after they were made.
  void Append(Id list, Id item);
  void SetItem(Id dict, Id key, Id value);

  uint32_t AddStorage(Storage storage);
  Id Tensor(TensorSpec spec);  // strided; its dtype is its storage's
  Id Quantized(TensorSpec spec, Quantization quantization);
  // Sparse (parts: indices and values, or compressed and plain indices and values) or nested
  // (parts: buffer, sizes, strides, offsets).
  Id Composite(Layout layout, std::vector<Id> parts, std::vector<int64_t> shape, bool coalesced,
               bool requires_grad);
  // A shape without values.
  Id Meta(DType dtype, std::vector<int64_t> shape, std::vector<int64_t> stride, bool requires_grad);
  Id StorageValue(uint32_t storage);  // as a value of its own

  void SetRoot(Id root);

 private:
  friend class DocumentReader;  // how the writers look at it
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_DOCUMENT_H_
