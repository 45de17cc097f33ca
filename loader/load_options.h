// What can be asked of a load. Values.
#ifndef ZOO_LOADER_LOAD_OPTIONS_H_
#define ZOO_LOADER_LOAD_OPTIONS_H_

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <optional>
#include <string>
#include <vector>

#include "zoo/loader/load_report.h"  // IWYU pragma: export

namespace zoo {

enum class Placement {
  kAuto,  // kMap for an immutable checkpoint (a blob of the cache), kCopy for any other file
  kMap,   // parameters are views of an immutable checkpoint's file where it is aligned
          // (copy-on-write: training in place never reaches the file); the rest is copied
  kCopy,  // into memory of their own, by two threads
};

// The layers of a classifier that compute logits (models/head.h), auxiliary ones included.
enum class Head {
  kLoad,   // from the file, like all others
  kFresh,  // for another task: what the file has of them is left out, whatever its shape, and they
           // get the initial values that PyTorch gives to a new layer
};

struct LoadOptions {
  Placement placement = Placement::kAuto;
  Head head = Head::kLoad;
  // Where all of the module goes. Default: each tensor stays where it is.
  std::optional<c10::Device> device;
  // What the floating tensors of the module become: float16, bfloat16, float32 or float64, with
  // cast_floating implied. Whole numbers (num_batches_tracked) stay what they are, as with
  // module.to(dtype) in Python. Default: each keeps its own.
  std::optional<c10::ScalarType> dtype;
  // Where in the file the state dict stands ("model.state_dict"); empty: found by itself.
  std::string key;
  // Taken off the file's names, repeatedly: "backbone."
  std::vector<std::string> strip_prefixes;
  // Shell patterns (*, ?, [abc]) of the module's names that the file may lack.
  std::vector<std::string> ignore_missing;
  // Shell patterns of the file's names that need have no place in the module.
  std::vector<std::string> ignore_unexpected;
  // float16, bfloat16, float32 and float64 are converted into each other, int64 into any of them,
  // and any of them into int64 where every value is a whole number.
  bool cast_floating = false;
};

}  // namespace zoo

#endif  // ZOO_LOADER_LOAD_OPTIONS_H_
