#include "zoo/loader/snapshot.h"

#include <ATen/ops/empty.h>
#include <c10/core/Storage.h>
#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"
#include "zoo/loader/dtypes.h"
#include "zoo/models/layers.h"

namespace zoo {
namespace {

// A parameter of a module that was made and never loaded: one value of no meaning for all elements.
bool HasNoValues(const at::Tensor& tensor) {
  if (tensor.is_meta()) return true;
  if (!models::IsGhost(tensor) || tensor.storage().nbytes() != tensor.itemsize()) return false;
  const at::Tensor first = tensor.flatten()[0].to(at::kCPU);
  if (tensor.is_floating_point()) return std::isnan(first.to(at::kDouble).item<double>());
  return tensor.scalar_type() == at::kLong && first.item<int64_t>() == -1;
}

std::string Problem(const at::Tensor& tensor) {
  if (tensor.layout() != at::kStrided) return "a sparse tensor cannot be saved";
  if (tensor.is_quantized()) return "a quantized tensor cannot be saved";
  if (!FromTorch(tensor.scalar_type())) {
    return fmt::format("elements of {} cannot be saved", c10::toString(tensor.scalar_type()));
  }
  if (HasNoValues(tensor)) return "it has a shape and no values";
  return "";
}

Error Refusal(std::string_view name, const std::string& problem) {
  return {ErrorCode::kUnsupported, fmt::format("{}: {}", Escape(name), problem),
          problem.ends_with("no values")
              ? "load weights first, or give it initial ones by models::InitializeForTraining"
              : ""};
}

ByteView ViewOf(const at::Tensor& bytes) {
  return {static_cast<const std::byte*>(bytes.const_data_ptr()),
          static_cast<size_t>(bytes.numel())};
}

}  // namespace

uint32_t Snapshot::StorageOf(const at::Tensor& tensor) {
  const c10::Storage& storage = tensor.storage();
  const auto [row, fresh] =
      storages_.try_emplace({storage.unsafeGetStorageImpl(), tensor.scalar_type()}, 0);
  if (!fresh) return row->second;
  const size_t item = tensor.itemsize();
  const size_t whole = storage.nbytes() / item * item;
  at::Tensor bytes = at::empty({0}, at::TensorOptions(at::kByte).device(tensor.device()));
  bytes.set_(storage, 0, {static_cast<int64_t>(whole)}, {1});
  if (memory_ == Memory::kCopied || !tensor.is_cpu()) {
    taken_.push_back(tensor);
    bytes = bytes.to(at::kCPU, at::kByte, /*non_blocking=*/false, /*copy=*/true);
  }
  bytes_.push_back(bytes);
  row->second =
      document_.AddStorage({.dtype = *FromTorch(tensor.scalar_type()), .bytes = ViewOf(bytes)});
  return row->second;
}

Result<Document::Id> Snapshot::Tensor(std::string_view name, const at::Tensor& tensor) {
  if (const std::string problem = Problem(tensor); !problem.empty()) return Refusal(name, problem);
  return document_.Tensor({.storage = StorageOf(tensor),
                           .storage_offset = tensor.storage_offset(),
                           .shape = tensor.sizes().vec(),
                           .stride = tensor.strides().vec(),
                           .conj = tensor.is_conj(),
                           .neg = tensor.is_neg()});
}

Document::Id Snapshot::Dict(const std::vector<std::pair<std::string_view, Document::Id>>& entries,
                            Document::DictOptions options) {
  std::vector<std::pair<Document::Id, Document::Id>> pairs;
  for (const auto& [key, value] : entries) pairs.emplace_back(document_.String(key), value);
  return document_.Dict(std::move(pairs), options);
}

void Snapshot::Finish(Document::Id root) {
  document_.SetRoot(root);
  taken_.clear();
  storages_.clear();
}

}  // namespace zoo
