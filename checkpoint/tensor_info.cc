#include "zoo/checkpoint/tensor_info.h"

#include <fmt/format.h>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr std::string_view kFormats[] = {"zip",         "legacy",        "tar",
                                         "torchscript", "torch_package", "pt2",
                                         "pickle",      "safetensors",   "sharded"};
constexpr std::string_view kLayouts[] = {"strided",    "sparse_coo", "sparse_csr", "sparse_csc",
                                         "sparse_bsr", "sparse_bsc", "nested",     "meta"};

}  // namespace

std::string_view FormatName(Format format) { return kFormats[static_cast<size_t>(format)]; }
std::string_view LayoutName(Layout layout) { return kLayouts[static_cast<size_t>(layout)]; }

std::string FormatPath(const Path& path) {
  std::string text;
  for (const PathStep& step : path) {
    if (auto* name = std::get_if<std::string>(&step)) {
      text += text.empty() ? "" : ".";
      text += Escape(*name, 500);
    } else if (auto* index = std::get_if<int64_t>(&step)) {
      text += fmt::format("[{}]", *index);
    } else {
      text += "[" + Escape(std::get<ReprKey>(step).repr) + "]";
    }
  }
  return text;
}

uint64_t PathBytes(const Path& path) {
  uint64_t bytes = path.size() * sizeof(PathStep);
  for (const PathStep& step : path) {
    if (auto* name = std::get_if<std::string>(&step)) bytes += name->size();
    if (auto* key = std::get_if<ReprKey>(&step)) bytes += key->repr.size();
  }
  return bytes;
}

int64_t TensorInfo::numel() const {
  int64_t product = 1;
  for (int64_t size : shape) {
    if (size == 0) return 0;
  }
  for (int64_t size : shape) product *= size;
  return product;
}

uint64_t TensorInfo::nbytes() const {
  uint64_t elements = static_cast<uint64_t>(numel());
  uint64_t per_item = static_cast<uint64_t>(ElementsPerItem(dtype));
  return (elements + per_item - 1) / per_item * ItemSize(dtype);
}

bool TensorInfo::contiguous() const {
  if (numel() == 0) return true;
  int64_t expected = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && stride[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

}  // namespace zoo
