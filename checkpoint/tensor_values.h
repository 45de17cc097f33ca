// A tensor's values made of its storage: strides followed, conj and neg resolved. Any thread.
#ifndef ZOO_CHECKPOINT_TENSOR_VALUES_H_
#define ZOO_CHECKPOINT_TENSOR_VALUES_H_

#include <cstddef>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// What Checkpoint::Values promises.
Result<std::vector<std::byte>> TensorValues(const FileContents& contents, const TensorInfo& tensor);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TENSOR_VALUES_H_
