// Every architecture against Python's numbers, without any file: nets are filled with generated
// weights, run on a generated input, and compared with what PyTorch computed of the same values.
// Any thread; each net is its caller's.
//
//   for (const Golden& golden : Goldens()) {
//     auto model = MakeGolden(golden).value();
//     if (Status filled = FillGolden(golden, *model); !filled) ... filled.error() ...
//     const LogitsOutcome outcome = RunGolden(golden, *model, at::kFloat);
//   }
//
// c10::Error leaves what makes or runs a net, as it does in all of models/.
#ifndef ZOO_MODELS_GOLDENS_H_
#define ZOO_MODELS_GOLDENS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/models/classifier.h"
#include "zoo/models/expected_logits.h"
#include "zoo/models/goldens/table.h"

namespace zoo::models {

// One or more of each architecture of torchvision, and some with other options than usual.
std::span<const Golden> Goldens();

// The net in eval mode, without memory for its weights yet. Errors: those of Make.
Result<std::shared_ptr<Classifier>> MakeGolden(const Golden& golden);

// The bytes that the weights of the net take in its present type, filled or not.
uint64_t WeightBytes(const Classifier& model);

// Of the names, types, shapes and order of its state dict.
Digest KeysDigest(const Classifier& model);

// Puts the generated values in. kMismatch if the entries of the state dict are not Python's, by
// number, names, types, shapes and order, or if the values are not those that Python generated.
Status FillGolden(const Golden& golden, Classifier& model);

// The tolerance on a logit in that type, kFloat or kDouble.
double ToleranceOf(const Golden& golden, at::ScalarType dtype);

// Converts the filled net to that type and runs it; the first difference of any image.
LogitsOutcome RunGolden(const Golden& golden, Classifier& model, at::ScalarType dtype);

}  // namespace zoo::models

#endif  // ZOO_MODELS_GOLDENS_H_
