#include "zoo/loader/place.h"

#include <ATen/ThreadLocalState.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/neg.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/Storage.h>
#include <c10/util/ParallelGuard.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <future>
#include <map>
#include <optional>
#include <utility>

#include "zoo/checkpoint/dtype.h"
#include "zoo/loader/dtypes.h"
#include "zoo/loader/torch_error.h"

namespace zoo {
namespace {

constexpr int kCopyThreads = 2;
// Tensors up to here are put in order on their way; that much may lie in between for each thread.
constexpr uint64_t kMaxTurn = 8 << 20;
// Less is done before another thread has started.
constexpr uint64_t kWorthAThread = 1 << 20;
// No element type needs more; a copied run begins at a multiple of it.
constexpr uint64_t kMaxAlignment = 16;

// What the tensors need of one storage.
struct Need {
  uint64_t begin = UINT64_MAX, end = 0;  // bytes
  uint64_t alignment = 1;
  int tensors = 0;
  uint64_t size() const { return end - begin; }
};
using Needs = std::map<uint32_t, Need>;

// A tensor whose elements the file has in another order, and its row-major place in memory.
struct Turn {
  const TensorInfo* info;
  Need need;
  at::Tensor to;
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
  ++need.tensors;
}

Needs NeedsOf(const Checkpoint& checkpoint, std::span<const uint32_t> tensors) {
  Needs needs;
  for (const uint32_t index : tensors) {
    const TensorInfo& tensor = checkpoint.tensors()[index];
    if (tensor.numel() > 0) Widen(needs[tensor.storage], tensor);
  }
  return needs;
}

// Storages that the file's bytes suit, mapped for one call: writing to them is training in place.
using Mappings = std::map<uint32_t, MappedStorage>;

Result<Mappings> Map(const Checkpoint& checkpoint, const Needs& needs, PlaceBy by) {
  Mappings mappings;
  if (by != PlaceBy::kMap) return mappings;
  std::vector<uint32_t> storages;
  for (const auto& [storage, need] : needs) storages.push_back(storage);
  ZOO_ASSIGN_OR_RETURN(std::vector<MappedStorage> mapped, checkpoint.MapStorages(storages));
  for (size_t i = 0; i < storages.size(); ++i) {
    const auto address = reinterpret_cast<uintptr_t>(mapped[i].bytes.data());
    if (mapped[i].bytes.empty() || address % needs.at(storages[i]).alignment != 0) continue;
    mappings.emplace(storages[i], std::move(mapped[i]));
  }
  return mappings;
}

void ReleaseMapping(void* context) { delete static_cast<std::shared_ptr<std::byte>*>(context); }

// A storage over the file's own bytes; it keeps the mapping alive.
at::Storage MapStorage(const MappedStorage& mapped) {
  auto owner = std::make_unique<std::shared_ptr<std::byte>>(mapped.mapping);
  c10::DataPtr pointer(mapped.bytes.data(), owner.release(), ReleaseMapping, c10::kCPU);
  return at::Storage(c10::Storage::use_byte_size_t(), mapped.bytes.size(), std::move(pointer),
                     /*allocator=*/nullptr, /*resizable=*/false);
}

at::Storage AllocateStorage(uint64_t bytes) {
  return at::Storage(c10::Storage::use_byte_size_t(), static_cast<size_t>(bytes),
                     c10::GetCPUAllocator(), /*resizable=*/true);
}

std::optional<Loaded> Mapped(const Mappings& mappings, uint32_t storage) {
  const auto found = mappings.find(storage);
  if (found == mappings.end()) return std::nullopt;
  return Loaded{MapStorage(found->second), 0, true};
}

StorageCopy CopyOf(uint32_t storage, const Need& need, const at::Storage& into) {
  return {storage,
          need.begin,
          {static_cast<std::byte*>(into.mutable_data()), static_cast<size_t>(need.size())}};
}

Result<std::map<uint32_t, Loaded>> LoadStorages(const Checkpoint& checkpoint, const Needs& needs,
                                                const Mappings& mappings) {
  std::map<uint32_t, Loaded> loaded;
  std::vector<StorageCopy> copies;
  for (const auto& [index, need] : needs) {
    if (std::optional<Loaded> mapped = Mapped(mappings, index)) {
      loaded[index] = *std::move(mapped);
      continue;
    }
    const Loaded& copy = loaded[index] = {AllocateStorage(need.size()), need.begin, false};
    copies.push_back(CopyOf(index, need, copy.storage));
  }
  ZOO_RETURN_IF_ERROR(checkpoint.Copy(copies, kCopyThreads));
  return loaded;
}

at::IntArrayRef ShapeOf(const TensorInfo& info) { return {info.shape.data(), info.shape.size()}; }

at::TensorOptions OptionsOf(const TensorInfo& info) { return *ToTorch(info.dtype); }

// The tensor as the file lays it out.
at::Tensor Strided(const TensorInfo& info, const Loaded& loaded) {
  const auto shift = static_cast<int64_t>(loaded.begin / ItemSize(info.dtype));
  at::Tensor tensor = at::empty({0}, OptionsOf(info));
  tensor.set_(loaded.storage, info.storage_offset - shift, ShapeOf(info),
              at::IntArrayRef(info.stride.data(), info.stride.size()));
  return tensor;
}

// A view, or a row-major copy of what cannot be a view.
PlacedTensor MakeTensor(const TensorInfo& info, const std::map<uint32_t, Loaded>& storages) {
  if (info.numel() == 0) return {at::empty(ShapeOf(info), OptionsOf(info)), false};
  const Loaded& loaded = storages.at(info.storage);
  at::Tensor tensor = Strided(info, loaded);
  if (info.conj) tensor = tensor.conj().resolve_conj();
  if (info.neg) tensor = at::neg(tensor);
  const bool view = tensor.is_contiguous() && !info.conj && !info.neg;
  return {tensor.contiguous(), loaded.mapped && view};
}

bool IsTurned(const TensorInfo& info, const Needs& needs) {
  if (info.numel() == 0 || info.contiguous() || info.conj || info.neg) return false;
  const Need& need = needs.at(info.storage);
  return need.tensors == 1 && need.size() <= kMaxTurn;
}

// One thread's part: reads each into the same memory, which is warm by then, and turns it from
// there.
Status TurnSome(const Checkpoint& checkpoint, std::span<const Turn> turns, const Mappings& mappings,
                std::atomic<size_t>& next) {
  const c10::ParallelGuard without_threads_of_libtorch(true);
  at::Storage room = AllocateStorage(0);
  for (size_t i = next++; i < turns.size(); i = next++) {
    const auto& [info, need, to] = turns[i];
    std::optional<Loaded> from = Mapped(mappings, info->storage);
    if (!from) {
      if (room.nbytes() < need.size()) room = AllocateStorage(need.size());
      const StorageCopy copy = CopyOf(info->storage, need, room);
      ZOO_RETURN_IF_ERROR(checkpoint.Copy({&copy, 1}, 1));
      from = {room, need.begin, false};
    }
    // Without its dimensions of one, LibTorch sees the matrix that it is and turns it by blocks.
    to.squeeze().copy_(Strided(*info, *from).squeeze());
  }
  return {};
}

Status TurnAll(const Checkpoint& checkpoint, std::vector<Turn> turns, const Mappings& mappings) {
  if (turns.empty()) return {};
  const auto larger = [](const Turn& a, const Turn& b) { return a.need.size() > b.need.size(); };
  std::sort(turns.begin(), turns.end(), larger);
  uint64_t bytes = 0;
  for (const Turn& turn : turns) bytes += turn.need.size();
  std::atomic<size_t> next = 0;
  const at::ThreadLocalState state;
  auto other = std::async(bytes < kWorthAThread ? std::launch::deferred : std::launch::async, [&] {
    const at::ThreadLocalStateGuard same_modes(state);
    return TurnSome(checkpoint, turns, mappings, next);
  });
  const Status own = TurnSome(checkpoint, turns, mappings, next);
  const Status others = other.get();
  return own ? others : own;
}

Result<std::vector<PlacedTensor>> Place(const std::shared_ptr<const Checkpoint>& checkpoint,
                                        std::span<const uint32_t> tensors, PlaceBy by) {
  Needs needs = NeedsOf(*checkpoint, tensors);
  ZOO_ASSIGN_OR_RETURN(const Mappings mappings, Map(*checkpoint, needs, by));
  std::vector<PlacedTensor> placed(tensors.size());
  std::vector<Turn> turns;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& info = checkpoint->tensors()[tensors[i]];
    if (!IsTurned(info, needs)) continue;
    placed[i].tensor = at::empty(ShapeOf(info), OptionsOf(info));
    turns.push_back({&info, needs.at(info.storage), placed[i].tensor});
    needs.erase(info.storage);
  }
  ZOO_ASSIGN_OR_RETURN(const auto storages, LoadStorages(*checkpoint, needs, mappings));
  ZOO_RETURN_IF_ERROR(TurnAll(*checkpoint, std::move(turns), mappings));
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (placed[i].tensor.defined()) continue;
    placed[i] = MakeTensor(checkpoint->tensors()[tensors[i]], storages);
  }
  return placed;
}

}  // namespace

Result<std::vector<PlacedTensor>> PlaceTensors(const std::shared_ptr<const Checkpoint>& checkpoint,
                                               std::span<const uint32_t> tensors, PlaceBy by) {
  Result<std::vector<PlacedTensor>> placed = std::vector<PlacedTensor>();
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot load " + checkpoint->name(),
                                 [&] { placed = Place(checkpoint, tensors, by); }));
  return placed;
}

}  // namespace zoo
