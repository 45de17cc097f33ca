// 8 bytes     N, little-endian
// N bytes     the header: a JSON object, spaces behind it
// the rest    the tensors' bytes, row-major, little-endian: sorted by their offsets, which count
//             from here, they touch without hole or overlap and end with the file
#include "zoo/checkpoint/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/safetensors_header.h"

namespace zoo {
namespace {

constexpr uint64_t kLengthBytes = 8;
// So many that their bits can still be counted.
constexpr uint64_t kMostElements = uint64_t{1} << 56;

class Reader {
 public:
  explicit Reader(FileContents& contents) : contents_(contents), size_(contents.file->size()) {}

  Status Read();

 private:
  Error About(std::string_view what, std::string_view hint = "",
              ErrorCode code = ErrorCode::kCorrupt) const {
    return {code, fmt::format("{}: {}", contents_.file->name(), what), std::string(hint)};
  }
  Error About(const SafetensorsTensor& tensor, std::string_view what,
              ErrorCode code = ErrorCode::kCorrupt) const {
    return About(fmt::format("tensor {}: {}", Quote(tensor.name, 80), what), "", code);
  }

  Result<std::string> ReadHeader();
  Status CheckRanges() const;
  Status CheckSize(const SafetensorsTensor& tensor) const;
  Status CheckEnd(uint64_t data_bytes) const;
  Status AddTensors();
  Status AddTensor(SafetensorsTensor& tensor, std::vector<NodeId>& items);
  Status AddDims(const SafetensorsTensor& tensor, TensorRow& row);

  FileContents& contents_;
  const uint64_t size_;
  SafetensorsHeader header_;
  uint64_t data_start_ = 0;
};

Status Reader::Read() {
  ZOO_ASSIGN_OR_RETURN(std::string json, ReadHeader());
  auto header = ReadSafetensorsHeader(json, contents_.options.limits);
  if (!header)
    return About("header: " + header.error().message, header.error().hint, header.error().code);
  header_ = *std::move(header);
  ZOO_RETURN_IF_ERROR(CheckRanges());
  contents_.metadata = std::move(header_.metadata);
  return AddTensors();
}

Result<std::string> Reader::ReadHeader() {
  std::byte length[kLengthBytes];
  ZOO_RETURN_IF_ERROR(contents_.file->Read(0, length));
  uint64_t bytes = 0;
  for (size_t i = kLengthBytes; i-- > 0;) bytes = bytes << 8 | std::to_integer<uint64_t>(length[i]);
  if (bytes > contents_.options.limits.header_bytes) {
    return About(fmt::format("its header has {} bytes, the limit is {}", bytes,
                             contents_.options.limits.header_bytes),
                 "raise the limit \"header_bytes\" if the file is trusted");
  }
  if (bytes > size_ - kLengthBytes) {
    return About(fmt::format("cut off after {} of at least {} bytes, in its header", size_,
                             kLengthBytes + bytes),
                 "download it again");
  }
  data_start_ = kLengthBytes + bytes;
  std::string json(bytes, '\0');
  ZOO_RETURN_IF_ERROR(contents_.file->Read(kLengthBytes, std::as_writable_bytes(std::span(json))));
  return json;
}

Status Reader::CheckRanges() const {
  std::vector<const SafetensorsTensor*> order;
  order.reserve(header_.tensors.size());
  for (const SafetensorsTensor& tensor : header_.tensors) order.push_back(&tensor);
  auto range = [](const SafetensorsTensor* tensor) {
    return std::pair(tensor->begin, tensor->end);
  };
  auto before = [&](const auto* a, const auto* b) { return range(a) < range(b); };
  // Writers sort them.
  if (!std::is_sorted(order.begin(), order.end(), before)) {
    std::sort(order.begin(), order.end(), before);
  }
  uint64_t at = 0;
  for (const SafetensorsTensor* tensor : order) {
    if (tensor->begin != at) {
      return About(*tensor,
                   fmt::format("it begins at byte {} of the data, {} {}", tensor->begin,
                               tensor == order[0] ? "not at" : "those before it end at", at));
    }
    ZOO_RETURN_IF_ERROR(CheckSize(*tensor));
    at = tensor->end;
  }
  return CheckEnd(at);
}

Status Reader::CheckSize(const SafetensorsTensor& tensor) const {
  std::span<const int64_t> shape = header_.shape(tensor);
  auto what = [&] { return fmt::format("{} of [{}]", tensor.dtype->name, fmt::join(shape, ", ")); };
  uint64_t elements = std::find(shape.begin(), shape.end(), 0) == shape.end() ? 1 : 0;
  for (int64_t dim : shape) {
    auto product = CheckedMultiply(elements, static_cast<uint64_t>(dim));
    if (!product || *product > kMostElements) return About(tensor, what() + " overflows");
    elements = *product;
  }
  uint64_t bits = elements * tensor.dtype->bits;
  if (bits % 8 != 0) return About(tensor, what() + " does not fill whole bytes");
  if (tensor.end < tensor.begin || tensor.end - tensor.begin != bits / 8) {
    return About(tensor, fmt::format("{} is {} bytes, its data_offsets are [{}, {}]", what(),
                                     bits / 8, tensor.begin, tensor.end));
  }
  return {};
}

Status Reader::CheckEnd(uint64_t data_bytes) const {
  uint64_t room = size_ - data_start_;
  if (room < data_bytes) {
    auto whole = CheckedAdd(data_start_, data_bytes);
    return About(fmt::format("cut off after {} of {} bytes", size_, whole.value_or(UINT64_MAX)),
                 "download it again");
  }
  if (room == data_bytes) return {};
  return About(fmt::format("{} bytes follow the last tensor, which ends at byte {}",
                           room - data_bytes, data_start_ + data_bytes));
}

Status Reader::AddTensors() {
  Arena& arena = contents_.arena;
  size_t count = header_.tensors.size();
  contents_.root = arena.AddContainer(NodeKind::kDict);
  std::vector<NodeId> items;
  items.reserve(2 * count);
  arena.dims.reserve(2 * header_.dims.size());
  arena.tensors.reserve(count);
  arena.storages.reserve(count);
  contents_.places.reserve(count);
  for (SafetensorsTensor& tensor : header_.tensors) {
    ZOO_RETURN_IF_ERROR(AddTensor(tensor, items));
    if (arena.exhausted()) {
      return About(fmt::format("more than {} values", arena.limits().nodes),
                   "raise the limit \"nodes\" if the file is trusted");
    }
  }
  arena.Items(contents_.root) = std::move(items);
  return {};
}

Status Reader::AddTensor(SafetensorsTensor& tensor, std::vector<NodeId>& items) {
  Arena& arena = contents_.arena;
  TensorRow row{.dtype = tensor.dtype->dtype,
                .rank = tensor.rank,
                .storage = static_cast<uint32_t>(arena.storages.size()),
                .dims = static_cast<uint32_t>(arena.dims.size())};
  ZOO_RETURN_IF_ERROR(AddDims(tensor, row));
  uint64_t bytes = tensor.end - tensor.begin;
  std::string_view name = arena.Keep(std::move(tensor.name));
  arena.storages.push_back(
      {.key = name, .dtype = row.dtype, .elements = bytes / ItemSize(row.dtype), .device = "cpu"});
  contents_.places.push_back({.offset = data_start_ + tensor.begin, .found = true});
  items.push_back(arena.AddText(NodeKind::kString, name));
  items.push_back(arena.AddTensor(row));
  arena.CountItems(16);
  return {};
}

// The shape and the strides of a row-major tensor. The format counts the elements of F4, PyTorch
// the pairs that fill a byte: as safetensors' own reader for PyTorch, the last dimension is halved.
Status Reader::AddDims(const SafetensorsTensor& tensor, TensorRow& row) {
  std::vector<int64_t>& dims = contents_.arena.dims;
  std::span<const int64_t> shape = header_.shape(tensor);
  dims.insert(dims.end(), shape.begin(), shape.end());
  if (row.dtype == DType::kFloat4E2M1FNx2) {
    if (shape.empty() || shape.back() % 2 != 0) {
      return About(tensor,
                   fmt::format("F4 of [{}]: PyTorch has pairs of them, which need an even last "
                               "dimension",
                               fmt::join(shape, ", ")),
                   ErrorCode::kUnsupported);
    }
    dims.back() /= 2;
  }
  dims.resize(dims.size() + row.rank, 1);
  uint64_t stride = 1;
  for (size_t i = row.rank; i-- > 1;) {
    auto size = static_cast<uint64_t>(dims[row.dims + i]);
    auto next = CheckedMultiply(stride, std::max<uint64_t>(1, size));
    if (!next || *next > kMostElements) {
      return About(tensor, fmt::format("a shape of [{}] overflows", fmt::join(shape, ", ")));
    }
    stride = *next;
    dims[row.dims + row.rank + i - 1] = static_cast<int64_t>(stride);
  }
  return {};
}

}  // namespace

Status ReadSafetensors(FileContents& contents) {
  contents.format = Format::kSafetensors;
  return Reader(contents).Read();
}

}  // namespace zoo
