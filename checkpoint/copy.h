// Bytes of storages brought to memory: read by position, inflated, swapped to little-endian,
// checked against their CRCs; and tensors' values made of them. Any thread.
#ifndef ZOO_CHECKPOINT_COPY_H_
#define ZOO_CHECKPOINT_COPY_H_

#include <cstddef>
#include <span>

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// Bytes that are swapped as one, 1 if none are.
uint64_t SwapWidth(const FileContents& contents, size_t storage);

// What Checkpoint::Copy promises.
Status CopyStorages(const FileContents& contents, std::span<const StorageCopy> copies, int threads);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_COPY_H_
