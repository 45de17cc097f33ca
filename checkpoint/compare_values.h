// Compares the values of two tensors of one shape, a run of elements at a time. Any thread.
#ifndef ZOO_CHECKPOINT_COMPARE_VALUES_H_
#define ZOO_CHECKPOINT_COMPARE_VALUES_H_

#include <cstdint>
#include <optional>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

// As DiffOptions has them.
struct CompareOptions {
  double tolerance = 0, relative_tolerance = 0;
  CancelToken cancel;
};

struct ComparedSide {
  const Checkpoint* checkpoint = nullptr;
  const TensorInfo* tensor = nullptr;
  // Whether runs of its elements can be read alone; if not, all values are made at once.
  bool streams() const;
};

struct ComparedRun {
  uint64_t elements = 0, differing = 0, nan = 0;
  double max_abs = 0, max_relative = 0;
  std::optional<uint64_t> first;  // row-major index of the first that differs

  // Adds what was found in the run behind this one.
  void Merge(const ComparedRun& next);
};

// Elements [first, first + count) of both, which are strided and have one shape. If either side
// does not stream, that must be all elements. Errors of Checkpoint::Copy and Values, kCancelled.
Result<ComparedRun> CompareRun(const ComparedSide& a, const ComparedSide& b, uint64_t first,
                               uint64_t count, const CompareOptions& options);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_COMPARE_VALUES_H_
