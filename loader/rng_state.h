// The state of PyTorch's random generator of the CPU, as torch.get_rng_state() gives it: a tensor
// of bytes. The generator is the process's; what uses it on other threads meanwhile waits.
#ifndef ZOO_LOADER_RNG_STATE_H_
#define ZOO_LOADER_RNG_STATE_H_

#include <ATen/core/Tensor.h>

#include "zoo/base/result.h"

namespace zoo {

at::Tensor RngState();
// kCorrupt for bytes that are no such state; changes nothing.
Status CheckRngState(const at::Tensor& state);
// REQUIRES: CheckRngState found nothing.
void SetRngState(const at::Tensor& state);

}  // namespace zoo

#endif  // ZOO_LOADER_RNG_STATE_H_
