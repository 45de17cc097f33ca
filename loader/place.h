// Tensors out of a checkpoint: views of the mapped file where that is asked for and possible, else
// copies made by two threads, which also put in order what is not row-major in the file. Tensors
// that share memory in the file share it here.
#ifndef ZOO_LOADER_PLACE_H_
#define ZOO_LOADER_PLACE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

enum class PlaceBy { kMap, kCopy };

struct PlacedTensor {
  at::Tensor tensor;    // of the file's dtype and shape, row-major
  bool mapped = false;  // a view of the file, which it keeps mapped for as long as it lives; other
                        // calls' tensors and the checkpoint do not see what is written to it
};

// One for each of `tensors` (indices into checkpoint->tensors(), strided and of a type that
// LibTorch has), in order. A mapped storage is shared if its address suits the elements' alignment;
// unaligned, compressed or byte-swapped ones are copied. kCorrupt or kDisk from the copy;
// kUnsupported if the memory for the tensors cannot be had.
Result<std::vector<PlacedTensor>> PlaceTensors(const std::shared_ptr<const Checkpoint>& checkpoint,
                                               std::span<const uint32_t> tensors, PlaceBy by);

}  // namespace zoo

#endif  // ZOO_LOADER_PLACE_H_
