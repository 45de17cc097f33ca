// The fingerprint of weights, independent of the file that holds them: SHA-256 over, for each
// tensor in byte order of its name, the line `name NUL dtype NUL d0,d1,... LF` and its contiguous
// row-major little-endian bytes, conj and neg resolved, bool as 0 or 1. Any thread.
#ifndef ZOO_CHECKPOINT_FINGERPRINT_H_
#define ZOO_CHECKPOINT_FINGERPRINT_H_

#include <cstddef>
#include <string>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

struct Fingerprint {
  Digest digest;
  size_t tensors = 0;
  size_t skipped = 0;  // entries that are not tensors
  std::string ToString() const { return "weights:" + digest.ToString(); }
};

// kUnsupported for quantized, sparse, nested and meta tensors and for names with NUL or LF; else
// the errors of Checkpoint::Values.
Result<Fingerprint> FingerprintOf(const Checkpoint& checkpoint, const StateDict& weights);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_FINGERPRINT_H_
