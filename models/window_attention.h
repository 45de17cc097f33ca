// Attention among the places of a window, with a learned bias for how two of them lie to each
// other. What swin.h and maxvit.h share.
#ifndef ZOO_MODELS_WINDOW_ATTENTION_H_
#define ZOO_MODELS_WINDOW_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace zoo::models {

// For each two places of a window of size * size, row-major, the row of a table of
// (2 size - 1)^2 relative positions: whole numbers, [size^2, size^2].
at::Tensor RelativePositionIndex(int64_t size);

// The rows of `table`, [(2 size - 1)^2, heads], that `index` names: [1, heads, size^2, size^2].
at::Tensor RelativePositionBias(const at::Tensor& table, const at::Tensor& index);

// From [..., places, 3 * heads * width] to queries, keys and values, [3, ..., heads, places,
// width].
at::Tensor SplitHeads(const at::Tensor& qkv, int64_t heads);
// From [..., heads, places, width] to [..., places, heads * width].
at::Tensor JoinHeads(const at::Tensor& x);

// [N, H, W, C] to windows of height * width places and back:
// [N, H / height, W / width, height * width, C]. REQUIRES: H and W are multiples.
at::Tensor SplitWindows(const at::Tensor& x, int64_t height, int64_t width);
at::Tensor JoinWindows(const at::Tensor& windows, int64_t height, int64_t width);

}  // namespace zoo::models

#endif  // ZOO_MODELS_WINDOW_ATTENTION_H_
