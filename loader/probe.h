// A probe: a known input and the logits that a set of weights must give for it (docs: an entry's
// `probe`). It proves that these weights on this machine compute what their publisher computed.
// Values; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(const Probe probe, ParseProbe(*entry.probe));
//   const at::Tensor images = Generate(std::get<GeneratedInput>(probe.input));
//   ZOO_ASSIGN_OR_RETURN(const models::LogitsOutcome outcome, RunProbe(probe, *model, images));
//
// A publisher makes one of a model that is known to be right:
//
//   ZOO_ASSIGN_OR_RETURN(const Probe probe, RecordProbe(*model, GeneratedInput(), images));
//   std::string text = ProbeJson(probe).Dump();
#ifndef ZOO_LOADER_PROBE_H_
#define ZOO_LOADER_PROBE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/generator.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/classifier.h"
#include "zoo/models/expected_logits.h"

namespace zoo {

// An input of the generator (base/generator.h).
struct GeneratedInput {
  std::string seed{kPublicSeed};
  std::string name = "input";
  std::vector<int64_t> shape = {1, 3, 224, 224};  // [N, 3, H, W]
};

// A photo beside the registry, prepared as the entry's preset says.
struct PhotoInput {
  std::string photo;  // the name of a file; never a path
  Digest sha256;      // of that file
};

using ProbeInput = std::variant<GeneratedInput, PhotoInput>;

struct Probe {
  ProbeInput input;
  at::ScalarType dtype = at::kFloat;
  std::vector<double> logits;  // the first ones of the first row
  // Over the first row.
  std::optional<double> sum;
  std::optional<int64_t> argmax;
  double tolerance = 0;  // on a logit
  std::string made_with;
};

// Whether a generated input can be of that shape: images of 3 channels within the limits.
inline constexpr std::string_view kImageBatchLimits =
    "at most 64 images, sides of 4096 and 2^28 numbers";
bool IsImageBatch(const std::vector<int64_t>& shape);

// kCorrupt, naming the field, if it is not a probe.
Result<Probe> ParseProbe(const Json& json);
// What ParseProbe reads.
Json ProbeJson(const Probe& probe);

// float32 of the input's shape. REQUIRES: IsImageBatch(input.shape).
at::Tensor Generate(const GeneratedInput& input);

// Converts the model to the probe's type, runs it on the images and compares the first row.
// kUnsupported with LibTorch's words if it cannot run on them.
Result<models::LogitsOutcome> RunProbe(const Probe& probe, models::Classifier& model,
                                       const at::Tensor& images);

// What the model computes of the images, as a probe in that type; `images` are those of `input`.
//
// The tolerance has to let other processors and versions of LibTorch pass and mistakes not. In
// float64 it is 1e-9 of the largest logit or of 1. In float32 it is 20 times the greatest
// difference to what the model computes in float64: how far rounding reaches depends on the model
// (a millionth of the largest logit in most, thirty times as much in attention with learned
// scales), and two machines differ from each other as both do from float64. It is never less than
// 2e-5 of the largest logit nor than 1e-4. The model is left in float32 or float64.
//
// kUnsupported if the model cannot run on the images, or if a logit is not finite.
Result<Probe> RecordProbe(models::Classifier& model, ProbeInput input, const at::Tensor& images,
                          at::ScalarType dtype = at::kFloat);

}  // namespace zoo

#endif  // ZOO_LOADER_PROBE_H_
