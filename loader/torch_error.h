// The one place where LibTorch's exceptions end.
//
//   ZOO_RETURN_IF_ERROR(CatchTorch("forward of resnet18", [&] { logits = model->forward(x); }));
#ifndef ZOO_LOADER_TORCH_ERROR_H_
#define ZOO_LOADER_TORCH_ERROR_H_

#include <functional>
#include <string_view>

#include "zoo/base/result.h"

namespace zoo {

// Runs the work; what LibTorch throws becomes kUnsupported, "DOING: WHAT IT SAYS", without its
// stack trace.
Status CatchTorch(std::string_view doing, const std::function<void()>& work);

}  // namespace zoo

#endif  // ZOO_LOADER_TORCH_ERROR_H_
