// The options that say how a photo becomes an input: of `zoo preprocess` and `zoo publish`.
//
//   auto preset = std::make_shared<PresetOptions>();
//   preset->Add(app);
//   ...
//   ZOO_ASSIGN_OR_RETURN(const Preset how, PresetOf(context, *preset));
#ifndef ZOO_CLI_PRESET_OPTIONS_H_
#define ZOO_CLI_PRESET_OPTIONS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/cli/context.h"

namespace CLI {
class App;
}

namespace zoo::cli {

struct PresetOptions {
  std::string model;  // --for: the preset of these weights, or
  std::optional<int> resize, crop;
  std::optional<std::string> interpolation;
  std::vector<double> mean, std;

  void Add(CLI::App& app);
  // Whether any but --for is given.
  bool says_how() const { return resize || crop || interpolation || !mean.empty() || !std.empty(); }
};

// What is not given is as ImageNet's models want it. kUsage for numbers that are none and for both
// ways at once; of --for what finding the weights gives, and kUnsupported for weights without a
// preset.
Result<Preset> PresetOf(Context& context, const PresetOptions& options);

// "bilinear", "bicubic"
std::string_view NameOf(Interpolation interpolation);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PRESET_OPTIONS_H_
