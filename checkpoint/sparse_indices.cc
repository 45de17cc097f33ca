#include "zoo/checkpoint/sparse_indices.h"

#include <fmt/format.h>

#include <cstring>

#include "zoo/checkpoint/tensor_values.h"

namespace zoo {
namespace {

Result<std::vector<int64_t>> ReadIndices(const FileContents& contents, const TensorInfo& tensor) {
  ZOO_ASSIGN_OR_RETURN(std::vector<std::byte> bytes, TensorValues(contents, tensor));
  std::vector<int64_t> indices(static_cast<size_t>(tensor.numel()));
  const size_t item = ItemSize(tensor.dtype);
  for (size_t i = 0; i < indices.size(); ++i) {
    if (item == sizeof(int32_t)) {
      int32_t index;
      std::memcpy(&index, bytes.data() + i * item, item);
      indices[i] = index;
    } else {
      std::memcpy(&indices[i], bytes.data() + i * item, item);
    }
  }
  return indices;
}

class Indices {
 public:
  Indices(const FileContents& contents, const TensorInfo& tensor)
      : contents_(contents), tensor_(tensor) {}

  Status CheckCoo() const {
    ZOO_ASSIGN_OR_RETURN(std::vector<int64_t> indices, ReadIndices(contents_, Part(0)));
    const size_t count = static_cast<size_t>(Part(0).shape[1]);
    for (size_t i = 0; i < indices.size(); ++i) {
      ZOO_RETURN_IF_ERROR(InRange(indices[i], tensor_.shape[i / count]));
    }
    return {};
  }

  Status CheckCompressed() const {
    ZOO_ASSIGN_OR_RETURN(std::vector<int64_t> starts, ReadIndices(contents_, Part(0)));
    ZOO_ASSIGN_OR_RETURN(std::vector<int64_t> plain, ReadIndices(contents_, Part(1)));
    const int64_t lines = Part(0).shape.back(), count = Part(1).shape.back();
    for (size_t i = 0; i < starts.size(); ++i) {
      bool first = i % static_cast<size_t>(lines) == 0;
      bool last = (i + 1) % static_cast<size_t>(lines) == 0;
      int64_t least = first ? 0 : starts[i - 1], most = first ? 0 : count;
      if (starts[i] < (last ? count : least) || starts[i] > most) {
        return Wrong(fmt::format("compressed index {} is {}, between {} and {}", i, starts[i],
                                 last ? count : least, most));
      }
    }
    for (int64_t index : plain) ZOO_RETURN_IF_ERROR(InRange(index, PlainSize()));
    return {};
  }

 private:
  const TensorInfo& Part(size_t i) const { return contents_.tensors[tensor_.parts[i]]; }

  // Of the dimension that plain indices count along, in blocks.
  int64_t PlainSize() const {
    const size_t batch = Part(1).shape.size() - 1;
    const bool by_rows =
        tensor_.layout == Layout::kSparseCsr || tensor_.layout == Layout::kSparseBsr;
    const bool blocked =
        tensor_.layout == Layout::kSparseBsr || tensor_.layout == Layout::kSparseBsc;
    const int64_t size = tensor_.shape[batch + (by_rows ? 1 : 0)];
    const int64_t block = blocked ? Part(2).shape[batch + 1 + (by_rows ? 1 : 0)] : 1;
    return block == 0 ? 0 : size / block;
  }

  Status InRange(int64_t index, int64_t size) const {
    if (index >= 0 && index < size) return {};
    return Wrong(fmt::format("index {} in a dimension of {}", index, size));
  }

  Error Wrong(const std::string& what) const {
    return {ErrorCode::kCorrupt,
            fmt::format("{}: {}{}a {} tensor: {}", contents_.file->name(), FormatPath(tensor_.path),
                        tensor_.path.empty() ? "" : ": ", LayoutName(tensor_.layout), what),
            ""};
  }

  const FileContents& contents_;
  const TensorInfo& tensor_;
};

}  // namespace

Status CheckSparseIndices(const FileContents& contents, const TensorInfo& tensor) {
  switch (tensor.layout) {
    case Layout::kSparseCoo:
      return Indices(contents, tensor).CheckCoo();
    case Layout::kSparseCsr:
    case Layout::kSparseCsc:
    case Layout::kSparseBsr:
    case Layout::kSparseBsc:
      return Indices(contents, tensor).CheckCompressed();
    default:
      return {};
  }
}

}  // namespace zoo
