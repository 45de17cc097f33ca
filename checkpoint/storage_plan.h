// StoragePlan: how a checkpoint's storages become those of a document: which stretch of each is
// needed, of which dtype it is and of which it shall be. The bytes are read when the document is
// written. Filled by one thread; the storages' `read` may be called from any.
//
//   StoragePlan plan(checkpoint, document);
//   for (uint32_t tensor : needed) plan.Need(tensor);
//   plan.Cast(weight, DType::kFloat16);
//   Document::TensorSpec spec = plan.SpecOf(weight);
#ifndef ZOO_CHECKPOINT_STORAGE_PLAN_H_
#define ZOO_CHECKPOINT_STORAGE_PLAN_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/document.h"

namespace zoo {

// How many bytes may be made of one tensor or storage of this checkpoint, whose own may be few.
uint64_t MaterialiseLimitOf(const Checkpoint& checkpoint);

class StoragePlan {
 public:
  StoragePlan(std::shared_ptr<const Checkpoint> source, Document& document)
      : source_(std::move(source)), document_(document) {}

  // Before the first of the others: that tensor, which is strided, will be written; a storage will
  // be as a value of its own, whole.
  void Need(const TensorInfo& tensor);
  void NeedWhole(uint32_t storage);
  // The storage, with all tensors that share it; a meta tensor, which has none, alone. Nothing if
  // its dtype is not castable.
  void Cast(const TensorInfo& tensor, DType dtype);

  // Whether that was said to be needed; what follows is for such tensors and storages alone.
  bool Knows(const TensorInfo& tensor) const;
  bool KnowsStorage(uint32_t storage) const { return rows_.contains(WholeKey(storage)); }
  // What it is to be cast to.
  std::optional<DType> CastOf(const TensorInfo& tensor) const;
  // Whether its storage is viewed with another dtype too, which no file can hold: each gets a copy.
  bool Splits(const TensorInfo& tensor) const;
  // Of a meta tensor.
  DType MetaDType(const TensorInfo& tensor) const;
  uint64_t trimmed() const;

  Document::TensorSpec SpecOf(const TensorInfo& tensor);
  uint32_t WholeStorage(uint32_t storage);  // in the document

  // Finite numbers that became infinite, so far as bytes were read.
  uint64_t overflowed() const { return *overflowed_; }

 private:
  using Key = std::pair<uint32_t, DType>;
  struct Row {
    uint64_t begin = 0, end = 0;  // bytes of the source's storage
    DType dtype = DType::kUint8;  // in the document
    std::optional<uint32_t> made;
  };
  Key WholeKey(uint32_t storage) const;
  uint32_t Make(const Key& key, Row& row);

  std::shared_ptr<const Checkpoint> source_;
  Document& document_;
  std::map<Key, Row> rows_;
  std::map<const TensorInfo*, DType> meta_;  // casts of the source's meta tensors
  std::shared_ptr<std::atomic<uint64_t>> overflowed_ = std::make_shared<std::atomic<uint64_t>>(0);
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_STORAGE_PLAN_H_
