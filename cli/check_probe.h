// `zoo check` of weights: run on a probe's input and compared with its logits; and new probes made
// of weights that are known to be right. zoo-run only; one thread.
#ifndef ZOO_CLI_CHECK_PROBE_H_
#define ZOO_CLI_CHECK_PROBE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/cli/check_report.h"
#include "zoo/cli/context.h"
#include "zoo/cli/model_choice.h"
#include "zoo/loader/probe.h"

namespace zoo::cli {

// The entry of that name, pulled if it must be, against its own probes; what comes of each is added
// to the report. kNotFound if it has none, kUsage for a file; else what pulling, loading and
// running it gives.
void CheckEntry(Context& context, const std::string& name, CheckReport& report);

// A model against the probes in a file: one or an array of them, by itself or as the member "probe"
// of an object, as it stands in an entry. A photo is looked for beside that file.
void CheckAgainst(Context& context, const ModelChoice& choice,
                  const std::filesystem::path& probe_file, CheckReport& report);

// What a new probe is made of.
struct NewProbe {
  std::string photo;           // a file; or, if empty, the generated input of
  std::vector<int64_t> shape;  // if empty: one image of the size that the preset crops to, else 224
  at::ScalarType dtype = at::kFloat;
};

// kUsage for a shape that is none; else what loading and running the model gives.
Result<Probe> MakeProbe(Context& context, const ModelChoice& choice, const NewProbe& request);
// The same of a model that is there.
Result<Probe> MakeProbeOf(const ReadyModel& ready, const NewProbe& request);

}  // namespace zoo::cli

#endif  // ZOO_CLI_CHECK_PROBE_H_
