// The optimizers of LibTorch that Python has too: one row each, with the tables of their options
// and of what they remember of a parameter. A part of optimizer_state.cc. Pure; any thread.
#ifndef ZOO_LOADER_OPTIMIZER_KINDS_H_
#define ZOO_LOADER_OPTIMIZER_KINDS_H_

#include <ATen/core/Tensor.h>
#include <torch/optim/optimizer.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "zoo/loader/state_fields.h"

namespace zoo {

struct OptimizerKind {
  // Of which of its parameters an optimizer remembers something.
  enum class Remembers {
    kStepped,  // those that took a step
    kAll,      // all, from the start
    kFirst,    // the first, on behalf of all
  };

  std::string_view name;  // of the class, here and in Python
  Remembers remembers = Remembers::kStepped;
  bool (*is)(const torch::optim::Optimizer& optimizer);
  std::unique_ptr<torch::optim::OptimizerOptions> (*make_options)();
  std::vector<Field> (*option_fields)(torch::optim::OptimizerOptions& options);
  std::unique_ptr<torch::optim::OptimizerParamState> (*make_state)();
  // `shape` is the parameter's; of kFirst, that of all parameters in a row.
  std::vector<Field> (*state_fields)(torch::optim::OptimizerParamState& state,
                                     const torch::optim::OptimizerOptions& options,
                                     const std::vector<int64_t>& shape);
};

// Null for an optimizer of another class.
const OptimizerKind* KindOf(const torch::optim::Optimizer& optimizer);

}  // namespace zoo

#endif  // ZOO_LOADER_OPTIMIZER_KINDS_H_
