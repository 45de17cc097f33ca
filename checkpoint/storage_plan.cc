#include "zoo/checkpoint/storage_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <span>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/numbers.h"

namespace zoo {
namespace {

// Bytes of the storage that the tensor reaches; begin and end are equal if it is empty.
std::pair<uint64_t, uint64_t> Reach(const TensorInfo& tensor) {
  if (tensor.numel() == 0) return {0, 0};
  auto first = static_cast<uint64_t>(tensor.storage_offset);
  if (ElementsPerItem(tensor.dtype) > 1) return {first, first + tensor.nbytes()};
  uint64_t last = first;
  for (size_t d = 0; d < tensor.shape.size(); ++d) {
    last += static_cast<uint64_t>(tensor.shape[d] - 1) * static_cast<uint64_t>(tensor.stride[d]);
  }
  const uint64_t item = ItemSize(tensor.dtype);
  return {first * item, (last + 1) * item};
}

// A stretch of a storage, handed out in pieces.
class Stretch {
 public:
  Stretch(std::shared_ptr<const Checkpoint> source, uint32_t storage, uint64_t begin, uint64_t size)
      : source_(std::move(source)), storage_(storage), begin_(begin), size_(size) {}

  Status Read(uint64_t offset, std::span<std::byte> into) {
    const StorageInfo& info = source_->storages()[storage_];
    if (info.mapped) {
      StorageCopy copy{storage_, begin_ + offset, into};
      return source_->Copy(std::span(&copy, 1), 1);
    }
    // Pieces of a deflated record cannot be had alone: it is held from the first to the last.
    std::lock_guard lock(mutex_);
    if (held_.empty()) {
      ZOO_RETURN_IF_ERROR(CheckHeld(info.nbytes));
      held_.resize(info.nbytes);
      StorageCopy copy{storage_, 0, held_};
      ZOO_RETURN_IF_ERROR(source_->Copy(std::span(&copy, 1), 1));
    }
    std::memcpy(into.data(), held_.data() + begin_ + offset, into.size());
    served_ += into.size();
    if (served_ >= size_) held_ = {}, served_ = 0;
    return {};
  }

 private:
  // A few bytes can inflate to any number of them.
  Status CheckHeld(uint64_t bytes) const {
    if (begin_ > bytes || size_ > bytes - begin_) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("{}: a tensor reaches beyond its storage of {} bytes",
                               source_->name(), bytes),
                   ""};
    }
    const uint64_t limit = MaterialiseLimitOf(*source_);
    if (bytes <= limit) return {};
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: a compressed storage of {}, the limit \"materialise\" is {}",
                             source_->name(), FormatSize(bytes), FormatSize(limit)),
                 ""};
  }

  std::shared_ptr<const Checkpoint> source_;
  uint32_t storage_;
  uint64_t begin_, size_;
  std::mutex mutex_;
  std::vector<std::byte> held_;
  uint64_t served_ = 0;
};

// Reads elements of `from` where bytes of elements of `to` are asked for.
Status ReadCast(Stretch& stretch, DType from, DType to, uint64_t offset, std::span<std::byte> into,
                std::atomic<uint64_t>& overflowed) {
  constexpr uint64_t kStep = 64 << 10;
  const uint64_t from_item = ItemSize(from), to_item = ItemSize(to);
  std::vector<std::byte> read, made;
  for (uint64_t at = 0; at < into.size();) {
    uint64_t element = (offset + at) / to_item, skip = (offset + at) % to_item;
    uint64_t bytes = std::min<uint64_t>(kStep - skip, into.size() - at);
    uint64_t count = (skip + bytes + to_item - 1) / to_item;
    read.resize(count * from_item);
    made.resize(count * to_item);
    ZOO_RETURN_IF_ERROR(stretch.Read(element * from_item, read));
    overflowed += CastElements(from, read, to, made);
    std::memcpy(into.data() + at, made.data() + skip, bytes);
    at += bytes;
  }
  return {};
}

}  // namespace

uint64_t MaterialiseLimitOf(const Checkpoint& checkpoint) {
  uint64_t bytes = checkpoint.file_size();
  for (const ShardInfo& shard : checkpoint.shards()) bytes += shard.size;
  return MaterialiseLimit(checkpoint.limits(), bytes);
}

void StoragePlan::Need(const TensorInfo& tensor) {
  auto [begin, end] = Reach(tensor);
  auto [row, fresh] =
      rows_.try_emplace(Key{tensor.storage, tensor.dtype}, Row{begin, end, tensor.dtype, {}});
  if (fresh || begin == end) return;
  bool empty = row->second.begin == row->second.end;
  row->second.begin = empty ? begin : std::min(row->second.begin, begin);
  row->second.end = std::max(row->second.end, end);
}

// A storage of its own is that of the tensors which view it, whatever the type by which it is
// named.
StoragePlan::Key StoragePlan::WholeKey(uint32_t storage) const {
  auto first = rows_.lower_bound(Key{storage, DType{}});
  if (first != rows_.end() && first->first.first == storage) return first->first;
  return {storage, source_->storages()[storage].dtype};
}

void StoragePlan::NeedWhole(uint32_t storage) {
  Key key = WholeKey(storage);
  Row& row = rows_.try_emplace(key, Row{0, 0, key.second, {}}).first->second;
  row.begin = 0;
  row.end = source_->storages()[storage].nbytes;
}

void StoragePlan::Cast(const TensorInfo& tensor, DType dtype) {
  if (tensor.layout == Layout::kMeta) {
    if (IsCastable(tensor.dtype)) meta_[&tensor] = dtype;
    return;
  }
  auto row = rows_.find({tensor.storage, tensor.dtype});
  if (row != rows_.end() && IsCastable(tensor.dtype)) row->second.dtype = dtype;
}

bool StoragePlan::Knows(const TensorInfo& tensor) const {
  return rows_.contains({tensor.storage, tensor.dtype});
}

std::optional<DType> StoragePlan::CastOf(const TensorInfo& tensor) const {
  const DType to = tensor.layout == Layout::kMeta ? MetaDType(tensor)
                                                  : rows_.at({tensor.storage, tensor.dtype}).dtype;
  if (to == tensor.dtype) return std::nullopt;
  return to;
}

DType StoragePlan::MetaDType(const TensorInfo& tensor) const {
  auto cast = meta_.find(&tensor);
  return cast == meta_.end() ? tensor.dtype : cast->second;
}

bool StoragePlan::Splits(const TensorInfo& tensor) const {
  auto row = rows_.find({tensor.storage, tensor.dtype});
  auto next = std::next(row);
  return (row != rows_.begin() && std::prev(row)->first.first == tensor.storage) ||
         (next != rows_.end() && next->first.first == tensor.storage);
}

uint64_t StoragePlan::trimmed() const {
  uint64_t bytes = 0;
  for (const auto& [key, row] : rows_) {
    if (row.made) bytes += source_->storages()[key.first].nbytes - (row.end - row.begin);
  }
  return bytes;
}

uint32_t StoragePlan::Make(const Key& key, Row& row) {
  if (row.made) return *row.made;
  const auto [storage, from] = key;
  const DType to = row.dtype;
  const uint64_t bytes = row.end - row.begin;
  auto stretch = std::make_shared<Stretch>(source_, storage, row.begin, bytes);
  ByteView view = source_->StorageView(storage);
  Document::Storage made;
  made.dtype = to;
  if (from != to) {
    made.nbytes = bytes / ItemSize(from) * ItemSize(to);
    made.read = [stretch, from = from, to, overflowed = overflowed_](uint64_t offset,
                                                                     std::span<std::byte> into) {
      return ReadCast(*stretch, from, to, offset, into, *overflowed);
    };
  } else if (!view.empty() && row.end <= view.size()) {
    made.bytes = view.subspan(row.begin, bytes);
  } else {
    made.nbytes = bytes;
    made.read = [stretch](uint64_t offset, std::span<std::byte> into) {
      return stretch->Read(offset, into);
    };
  }
  row.made = document_.AddStorage(std::move(made));
  return *row.made;
}

Document::TensorSpec StoragePlan::SpecOf(const TensorInfo& tensor) {
  Key key{tensor.storage, tensor.dtype};
  Row& row = rows_.at(key);
  auto first = static_cast<int64_t>(row.begin / ItemSize(tensor.dtype));
  // An empty tensor may stand anywhere, even outside what is left.
  int64_t offset = tensor.numel() == 0 ? 0 : tensor.storage_offset - first;
  return {.storage = Make(key, row),
          .storage_offset = offset,
          .shape = {tensor.shape.begin(), tensor.shape.end()},
          .stride = {tensor.stride.begin(), tensor.stride.end()},
          .requires_grad = tensor.requires_grad,
          .parameter = tensor.parameter,
          .conj = tensor.conj,
          .neg = tensor.neg};
}

uint32_t StoragePlan::WholeStorage(uint32_t storage) {
  Key key = WholeKey(storage);
  return Make(key, rows_.at(key));
}

}  // namespace zoo
