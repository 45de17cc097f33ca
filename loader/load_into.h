// LoadInto: the tensors of a checkpoint become the parameters and buffers of a module. All or
// nothing: phase one compares every name, shape and dtype and collects every problem into one
// message; phase two places, only if there was none.
//
//   ZOO_ASSIGN_OR_RETURN(LoadReport report, LoadInto(*model, *checkpoint));
//
// Names may differ by what key_rules.h knows (a wrapper's prefix, entries that older files lack);
// the report says so. A file may alias tensors: what shares memory in it shares memory in the
// module. Parameters keep their requires_grad, and become leaves with values of their own or, where
// the report says mapped, views of the file's private pages.
//
// Fine-tuning: {.head = Head::kFresh} loads everything but the layers that compute logits and gives
// those new initial values; LeftOutText(report) says what was left out. Of a module of your own, a
// tensor whose shape differs is left out if ignore_missing and ignore_unexpected both name it; give
// its layer values by models::InitializeForTraining.
//
// The module must not be used by another thread meanwhile.
#ifndef ZOO_LOADER_LOAD_INTO_H_
#define ZOO_LOADER_LOAD_INTO_H_

#include <torch/nn/module.h>

#include <memory>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/load_options.h"

namespace zoo {

// What can be known before there is a file. kUnsupported, with the devices that there are, for one
// that is not; kUsage for a dtype that weights cannot have, and for a fresh head of a module that
// is no models::Classifier.
Status CheckOptions(const torch::nn::Module& module, const LoadOptions& options);

// kMismatch if the file does not fit, with every problem in the message; what CheckOptions says.
// The module is then as it was.
Result<LoadReport> LoadInto(torch::nn::Module& module,
                            const std::shared_ptr<const Checkpoint>& checkpoint,
                            const LoadOptions& options = {});

}  // namespace zoo

#endif  // ZOO_LOADER_LOAD_INTO_H_
