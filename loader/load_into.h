// LoadInto: the tensors of a checkpoint become the parameters and buffers of a module. All or
// nothing: phase one compares every name, shape and dtype and collects every problem into one
// message; phase two places, only if there was none.
//
//   ZOO_ASSIGN_OR_RETURN(LoadReport report, LoadInto(*model, *checkpoint));
//
// The module must not be used by another thread meanwhile.
#ifndef ZOO_LOADER_LOAD_INTO_H_
#define ZOO_LOADER_LOAD_INTO_H_

#include <torch/nn/module.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

enum class Placement {
  kAuto,  // kMap for an immutable checkpoint (a blob of the cache), kCopy for any other file
  kMap,   // parameters are views of the mapped file where it is aligned (copy-on-write: training in
          // place never reaches the file)
  kCopy,  // into memory of their own, by two threads
};

struct LoadOptions {
  Placement placement = Placement::kAuto;
  std::string key;  // where in the file the state dict stands; empty: found by itself
  std::vector<std::string> strip_prefixes;  // "module.": taken off names, repeatedly
  std::vector<std::string>
      ignore_missing;  // shell patterns (*, ?) of module names that the file may lack
  std::vector<std::string>
      ignore_unexpected;       // shell patterns of file names that have no place in the module
  bool cast_floating = false;  // float16, bfloat16, float32, float64 into each other
};

struct LoadReport {
  size_t placed = 0;  // tensors put into the module
  size_t mapped = 0;  // of these: views of the file, no bytes copied
  std::vector<std::pair<std::string, std::string>> renamed;  // name in the file, in the module
  std::vector<std::string> cast;                             // "conv1.weight: float16 -> float32"
  std::vector<std::string> missing;                          // skipped on request
  std::vector<std::string> unexpected;                       // skipped on request
  double seconds = 0;
};

// kMismatch if the file does not fit, with every problem in the message; the module is then as it
// was.
Result<LoadReport> LoadInto(torch::nn::Module& module,
                            const std::shared_ptr<const Checkpoint>& checkpoint,
                            const LoadOptions& options = {});

}  // namespace zoo

#endif  // ZOO_LOADER_LOAD_INTO_H_
