#include "zoo/loader/rng_state.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <mutex>

#include "zoo/loader/torch_error.h"

namespace zoo {

at::Tensor RngState() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

Status CheckRngState(const at::Tensor& state) {
  const Status set =
      CatchTorch("rng_state", [&] { at::detail::createCPUGenerator().set_state(state); });
  if (set) return {};
  return Error{ErrorCode::kCorrupt, set.error().message, ""};
}

void SetRngState(const at::Tensor& state) {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

}  // namespace zoo
