#include "zoo/loader/place.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/neg.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/Storage.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/dtype.h"
#include "zoo/loader/dtypes.h"

namespace zoo {
namespace {

constexpr int kCopyThreads = 2;
// No element type needs more; a copied run begins at a multiple of it.
constexpr uint64_t kMaxAlignment = 16;

// What the tensors need of one storage.
struct Need {
  uint64_t begin = UINT64_MAX, end = 0;  // bytes
  uint64_t alignment = 1;
};

// A storage in memory: the file's bytes from `begin` on.
struct Loaded {
  at::Storage storage;
  uint64_t begin = 0;
  bool mapped = false;
};

// The bytes between the first and the last element.
void Widen(Need& need, const TensorInfo& tensor) {
  const uint64_t item = ItemSize(tensor.dtype);
  uint64_t last = static_cast<uint64_t>(tensor.storage_offset);
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    last += static_cast<uint64_t>((tensor.shape[i] - 1) * tensor.stride[i]);
  }
  const uint64_t first = static_cast<uint64_t>(tensor.storage_offset) * item;
  need.begin = std::min(need.begin, first / kMaxAlignment * kMaxAlignment);
  need.end = std::max(need.end, (last + 1) * item);
  need.alignment = std::max(need.alignment, item);
}

std::map<uint32_t, Need> NeedsOf(const Checkpoint& checkpoint, std::span<const uint32_t> tensors) {
  std::map<uint32_t, Need> needs;
  for (const uint32_t index : tensors) {
    const TensorInfo& tensor = checkpoint.tensors()[index];
    if (tensor.numel() > 0) Widen(needs[tensor.storage], tensor);
  }
  return needs;
}

void ReleaseCheckpoint(void* context) {
  delete static_cast<std::shared_ptr<const Checkpoint>*>(context);
}

// A storage over the file's own bytes; it keeps the checkpoint, and with it the mapping, alive.
at::Storage MapStorage(const std::shared_ptr<const Checkpoint>& checkpoint, ByteView bytes) {
  auto owner = std::make_unique<std::shared_ptr<const Checkpoint>>(checkpoint);
  // The pages are private to this process: writing to them is training in place.
  void* data = const_cast<std::byte*>(bytes.data());
  c10::DataPtr pointer(data, owner.release(), ReleaseCheckpoint, c10::kCPU);
  return at::Storage(c10::Storage::use_byte_size_t(), bytes.size(), std::move(pointer),
                     /*allocator=*/nullptr, /*resizable=*/false);
}

at::Storage AllocateStorage(uint64_t bytes) {
  return at::Storage(c10::Storage::use_byte_size_t(), static_cast<size_t>(bytes),
                     c10::GetCPUAllocator(), /*resizable=*/true);
}

Result<std::map<uint32_t, Loaded>> LoadStorages(const std::shared_ptr<const Checkpoint>& checkpoint,
                                                const std::map<uint32_t, Need>& needs, PlaceBy by) {
  std::map<uint32_t, Loaded> loaded;
  std::vector<StorageCopy> copies;
  for (const auto& [index, need] : needs) {
    const ByteView view = by == PlaceBy::kMap ? checkpoint->StorageView(index) : ByteView();
    if (!view.empty() && reinterpret_cast<uintptr_t>(view.data()) % need.alignment == 0) {
      loaded[index] = {MapStorage(checkpoint, view), 0, true};
      continue;
    }
    Loaded& storage = loaded[index] = {AllocateStorage(need.end - need.begin), need.begin, false};
    copies.push_back({index,
                      need.begin,
                      {static_cast<std::byte*>(storage.storage.mutable_data()),
                       static_cast<size_t>(need.end - need.begin)}});
  }
  ZOO_RETURN_IF_ERROR(checkpoint->Copy(copies, kCopyThreads));
  return loaded;
}

// A view, or a row-major copy of what cannot be a view.
PlacedTensor MakeTensor(const TensorInfo& info, const std::map<uint32_t, Loaded>& storages) {
  const at::IntArrayRef shape(info.shape.data(), info.shape.size());
  const at::TensorOptions options(*ToTorch(info.dtype));
  if (info.numel() == 0) return {at::empty(shape, options), false};
  const Loaded& loaded = storages.at(info.storage);
  const auto shift = static_cast<int64_t>(loaded.begin / ItemSize(info.dtype));
  at::Tensor tensor = at::empty({0}, options);
  tensor.set_(loaded.storage, info.storage_offset - shift, shape,
              at::IntArrayRef(info.stride.data(), info.stride.size()));
  if (info.conj) tensor = tensor.conj().resolve_conj();
  if (info.neg) tensor = at::neg(tensor);
  const bool view = tensor.is_contiguous() && !info.conj && !info.neg;
  return {tensor.contiguous(), loaded.mapped && view};
}

}  // namespace

Result<std::vector<PlacedTensor>> PlaceTensors(const std::shared_ptr<const Checkpoint>& checkpoint,
                                               std::span<const uint32_t> tensors, PlaceBy by) {
  ZOO_ASSIGN_OR_RETURN(const auto storages,
                       LoadStorages(checkpoint, NeedsOf(*checkpoint, tensors), by));
  std::vector<PlacedTensor> placed;
  placed.reserve(tensors.size());
  for (const uint32_t index : tensors) {
    placed.push_back(MakeTensor(checkpoint->tensors()[index], storages));
  }
  return placed;
}

}  // namespace zoo
