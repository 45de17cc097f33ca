// Less memory for more time while training, as Python's torch.utils.checkpoint trades them: what a
// part of a net computes on the way is forgotten after forward and computed again by backward. So
// batch norms in the part count each batch twice.
//
//   at::Tensor y = Recompute({x}, norm->parameters(), [norm](const auto& in) mutable {
//     return norm(in[0]).relu_();
//   });
//
// Any thread, as the part itself allows; backward runs the part on the thread that it runs on.
#ifndef ZOO_MODELS_RECOMPUTE_H_
#define ZOO_MODELS_RECOMPUTE_H_

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace zoo::models {

// Depends on nothing but its inputs and on parameters, and must keep alive what it reads.
using Part = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

// part(inputs), through which gradients reach the inputs and `parameters`: all that the part reads.
// Draws of random numbers would differ the second time. Backward with create_graph throws
// c10::Error.
at::Tensor Recompute(const std::vector<at::Tensor>& inputs,
                     const std::vector<at::Tensor>& parameters, Part part);

}  // namespace zoo::models

#endif  // ZOO_MODELS_RECOMPUTE_H_
