// The attention of swin.h.
#ifndef ZOO_MODELS_SHIFTED_WINDOW_ATTENTION_H_
#define ZOO_MODELS_SHIFTED_WINDOW_ATTENTION_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>

#include "zoo/models/blocks.h"

namespace zoo::models {

struct ShiftedWindowAttentionOptions {
  bool v2 = false;
  int64_t width, heads;
  int64_t window;  // side of the windows
  int64_t shift;   // what they stand off the edges by; 0: they do not
  double dropout = 0, attention_dropout = 0;
};

// [N, H, W, width] to the same. Maps that windows do not divide are padded at the right and below.
class ShiftedWindowAttention : public torch::nn::Module {
 public:
  explicit ShiftedWindowAttention(const ShiftedWindowAttentionOptions& options);
  at::Tensor forward(const at::Tensor& x);
  // Of its own tensors; those of the layers in it are the net's. REQUIRES: memory.
  void AdjustInitialValues();

  at::Tensor relative_position_bias_table;  // v1
  at::Tensor logit_scale;                   // v2: logarithms, one a head
  at::Tensor relative_coords_table;         // v2: what cpb_mlp makes the biases of
  at::Tensor relative_position_index;
  torch::nn::Linear qkv{nullptr}, proj{nullptr};
  Chain cpb_mlp{nullptr};  // v2

 private:
  struct Shift {
    int64_t down, right;
    explicit operator bool() const { return down > 0 || right > 0; }
  };

  at::Tensor Bias();
  // windows: [N, windows of a map, places, width]; mask: [windows of a map, places, places].
  at::Tensor Attend(const at::Tensor& windows, const at::Tensor& mask);
  // -100 for two places that the shift brought into one window from two sides of the map.
  at::Tensor Mask(const at::Tensor& x, const Shift& shift) const;

  ShiftedWindowAttentionOptions options_;
};

}  // namespace zoo::models

#endif  // ZOO_MODELS_SHIFTED_WINDOW_ATTENTION_H_
