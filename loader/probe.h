// A probe: a known input and the logits that a set of weights must give for it (docs: an entry's
// `probe`). It proves that these weights on this machine compute what their publisher computed.
#ifndef ZOO_LOADER_PROBE_H_
#define ZOO_LOADER_PROBE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"

namespace zoo {

// An input made by the generator of names: splitmix64 from the FNV-1a of "SEED/NAME", twice the
// number in [-1, 1).
struct Probe {
  std::string seed, name;
  std::vector<int64_t> shape;  // [N, 3, H, W]
  at::ScalarType dtype = at::kFloat;
  std::vector<double> logits;  // the first ones of the first row
  double sum = 0;              // over the first row
  int64_t argmax = 0;
  double tolerance = 0;  // on a logit
};

// kCorrupt, naming the field, if it is not a probe; kUnsupported for a photo as input.
Result<Probe> ParseProbe(const Json& json);

at::Tensor ProbeInput(const Probe& probe);

// What came out, against what must.
struct ProbeOutcome {
  bool passed = false;
  double difference = 0;  // the greatest of the logits
  std::string text;       // what differs first: "logit 3 is 1.5, expected 1.25"; empty if it passed
};
ProbeOutcome CompareProbe(const Probe& probe, const at::Tensor& logits);

}  // namespace zoo

#endif  // ZOO_LOADER_PROBE_H_
