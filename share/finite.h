// Weights that are no numbers: what a training that diverged leaves. Any thread.
#ifndef ZOO_SHARE_FINITE_H_
#define ZOO_SHARE_FINITE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

struct NotFinite {
  std::string name;      // of the first tensor that has some
  uint64_t index = 0;    // of the first one in it, row-major
  uint64_t tensors = 0;  // that have some

  // "fc.bias[3] is not a finite number, nor are others in 4 more tensors"
  std::string Text() const;
};

// The floating and complex weights that are NaN or infinite; nothing if all are finite. Tensors
// without values in a row (quantized, sparse) are not looked at. kCancelled, else the errors of
// Checkpoint::Values.
Result<std::optional<NotFinite>> FindNotFinite(const Checkpoint& checkpoint,
                                               const StateDict& weights, CancelToken cancel = {});

}  // namespace zoo

#endif  // ZOO_SHARE_FINITE_H_
