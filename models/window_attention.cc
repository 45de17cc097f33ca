#include "zoo/models/window_attention.h"

#include <ATen/ops/empty.h>

#include <cmath>

namespace zoo::models {

at::Tensor RelativePositionIndex(int64_t size) {
  const int64_t places = size * size, span = 2 * size - 1;
  at::Tensor index = at::empty({places, places}, at::kLong);
  int64_t* row = index.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < places; ++i) {
    for (int64_t j = 0; j < places; ++j) {
      const int64_t down = i / size - j / size + size - 1, right = i % size - j % size + size - 1;
      *row++ = down * span + right;
    }
  }
  return index;
}

at::Tensor RelativePositionBias(const at::Tensor& table, const at::Tensor& index) {
  const auto places = std::llround(std::sqrt(static_cast<double>(index.numel())));
  // Module::to(dtype) makes real numbers of whole ones too; these are small enough to survive it.
  return table.index_select(0, index.flatten().to(at::kLong))
      .view({places, places, -1})
      .permute({2, 0, 1})
      .contiguous()
      .unsqueeze(0);
}

at::Tensor SplitHeads(const at::Tensor& qkv, int64_t heads) {
  const int64_t width = qkv.size(-1) / (3 * heads);
  return qkv.unflatten(-1, {3, heads, width}).movedim(-3, 0).transpose(-3, -2);
}

at::Tensor JoinHeads(const at::Tensor& x) { return x.transpose(-3, -2).flatten(-2); }

at::Tensor SplitWindows(const at::Tensor& x, int64_t height, int64_t width) {
  const int64_t n = x.size(0), rows = x.size(1) / height, columns = x.size(2) / width;
  return x.reshape({n, rows, height, columns, width, -1})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({n, rows, columns, height * width, -1});
}

at::Tensor JoinWindows(const at::Tensor& windows, int64_t height, int64_t width) {
  const int64_t n = windows.size(0), rows = windows.size(1), columns = windows.size(2);
  return windows.reshape({n, rows, columns, height, width, -1})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({n, rows * height, columns * width, -1});
}

}  // namespace zoo::models
