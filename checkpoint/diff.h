// `zoo diff A B`: whether two checkpoints hold the same weights, and if not, where they differ.
// Formats do not matter: strides are followed, conj and neg resolved, and a tensor is compared in
// pieces, so that memory stays small. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(WeightsDiff diff, DiffWeights(*a, *b));
//   if (diff.different.empty()) ...   // the same weights
#ifndef ZOO_CHECKPOINT_DIFF_H_
#define ZOO_CHECKPOINT_DIFF_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

struct DiffOptions {
  std::string key_a, key_b;  // of the state dicts; empty: found
  std::vector<std::string> strip_prefixes;
  // Two numbers are the same if they differ by no more than `tolerance`, or by no more than
  // `relative_tolerance` times the larger one's magnitude. With either, or between different
  // dtypes, any two NaN are the same; otherwise elements are the same if their bits are.
  double tolerance = 0, relative_tolerance = 0;
  bool ignore_dtype = false;  // a difference of dtype alone is none
  int threads = 2;
  CancelToken cancel;
};

// One tensor that is not the same in both.
struct TensorDiff {
  std::string name;               // without the prefixes
  const TensorInfo* a = nullptr;  // null: it is in B only; valid as long as the checkpoint
  const TensorInfo* b = nullptr;
  // What keeps values from being compared, "shape", "layout" or "quantization"; or "dtype", where
  // they were. Empty: only values differ.
  std::string kind;
  std::string part;        // of a sparse or nested tensor: which part the rest is about
  uint64_t elements = 0;   // compared
  uint64_t differing = 0;  // of them
  uint64_t nan = 0;        // of those: NaN on one side, or another NaN
  // Over the differing elements that are numbers on both sides; infinite where one is. 0 for types
  // that are only bits.
  double max_abs = 0;
  double max_relative = 0;     // to the larger magnitude
  std::vector<int64_t> first;  // index of the first differing element
};

struct WeightsDiff {
  StateDict a, b;                     // as found
  size_t same = 0;                    // tensors
  std::vector<TensorDiff> different;  // in A's order, then those that only B has
};

// Checks CRCs first, so that damage is kCorrupt and no difference. Else the errors of FindStateDict
// and Values; kUsage for prefixes that no name has, or that make two names one; kCancelled.
Result<WeightsDiff> DiffWeights(const Checkpoint& a, const Checkpoint& b,
                                const DiffOptions& options = {});

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_DIFF_H_
