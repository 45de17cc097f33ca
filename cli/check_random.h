// `zoo check --random`: architectures filled with generated weights, against Python's numbers,
// which are part of the program. It proves a build without a download. zoo-run only; one thread.
#ifndef ZOO_CLI_CHECK_RANDOM_H_
#define ZOO_CLI_CHECK_RANDOM_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/cli/context.h"

namespace zoo::cli {

struct RandomCheck {
  // Architectures ("resnet18": with each set of options there are numbers for) or single nets
  // ("resnet18@num_classes=10"); none: all of them.
  std::vector<std::string> names;
  // All includes the nets whose weights take more than 2 GiB.
  bool huge = false;
  at::ScalarType dtype = at::kFloat;
};

// Tries all, until the user cancels. The exit code is 0 or that of the first failure; all failures
// are reported already. kNotFound for a name that is no architecture or has no numbers.
Result<int> RunRandomCheck(Context& context, const RandomCheck& request);

}  // namespace zoo::cli

#endif  // ZOO_CLI_CHECK_RANDOM_H_
