// Phase one of a load: which tensor of the file goes to which place in the module, and everything
// that stands against it. Decides, changes nothing. Pure; any thread.
#ifndef ZOO_LOADER_MATCH_H_
#define ZOO_LOADER_MATCH_H_

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/load_options.h"
#include "zoo/loader/misfit.h"
#include "zoo/models/state_dict.h"

namespace zoo {

struct Match {
  struct Pair {
    size_t slot;      // index into the module's state
    uint32_t tensor;  // index into checkpoint.tensors()
  };
  std::vector<Pair> pairs;
  std::vector<Pair> misshapen;  // those of misfit.wrong_shape
  Misfit misfit;        // of nothing: every place of the module has its tensor or may lack one
  size_t castable = 0;  // how many of misfit.wrong_dtype cast_floating would cure
  LoadReport report;    // what was renamed, cast, left out
};

Match MatchTensors(const std::vector<models::NamedTensor>& module, const Checkpoint& checkpoint,
                   const StateDict& file, const LoadOptions& options);

// What a tensor of the module will be: LoadOptions::dtype if it is floating, else what it is.
at::ScalarType DTypeInModule(const at::Tensor& tensor, const LoadOptions& options);

// The number of classes in the file, if nothing is wrong but that the module's head has another.
std::optional<int64_t> OtherClassCount(const Match& match,
                                       const std::vector<models::NamedTensor>& module,
                                       const Checkpoint& checkpoint);

}  // namespace zoo

#endif  // ZOO_LOADER_MATCH_H_
