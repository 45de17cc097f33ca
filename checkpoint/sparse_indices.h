// The indices of sparse tensors, which point into a shape that no bytes stand for: whoever makes
// such a tensor dense follows them. Any thread.
#ifndef ZOO_CHECKPOINT_SPARSE_INDICES_H_
#define ZOO_CHECKPOINT_SPARSE_INDICES_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// kCorrupt if an index lies outside the shape, or compressed indices do not rise from 0 to the
// number of plain ones. True of every tensor that is not sparse.
Status CheckSparseIndices(const FileContents& contents, const TensorInfo& tensor);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_SPARSE_INDICES_H_
