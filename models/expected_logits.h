// What a row of logits must be, and how what came out differs from it: the comparison that probes
// and the architectures' goldens share. Values; any thread.
//
//   const LogitsOutcome outcome = models::CompareLogits(logits[0], expected, 1e-4);
//   if (!outcome.passed()) ... outcome.text ...  // "logit 3 is 1.5, expected 1.25"
#ifndef ZOO_MODELS_EXPECTED_LOGITS_H_
#define ZOO_MODELS_EXPECTED_LOGITS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace at {
class Tensor;
}

namespace zoo::models {

struct ExpectedLogits {
  std::span<const double> first;  // the first ones of the row
  // Over the whole row.
  std::optional<double> sum, min, max;
  std::optional<int64_t> argmax;
};

struct LogitsOutcome {
  double difference = 0;  // the greatest of the first logits
  std::string text;       // what differs first; empty if nothing does

  bool passed() const { return text.empty(); }
};

// `row`: [classes], of any floating type. `tolerance` is on one logit: the sum may differ by as
// many times more as there are logits, and the greatest logit may be another one if the two could
// have changed places within the tolerance. NaN is near no number.
LogitsOutcome CompareLogits(const at::Tensor& row, const ExpectedLogits& expected,
                            double tolerance);

}  // namespace zoo::models

#endif  // ZOO_MODELS_EXPECTED_LOGITS_H_
