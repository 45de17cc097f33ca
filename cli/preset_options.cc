#include "zoo/cli/preset_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/cli/option_values.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

struct InterpolationName {
  std::string_view name;
  Interpolation interpolation;
};
constexpr InterpolationName kInterpolations[] = {{"bilinear", Interpolation::kBilinear},
                                                 {"bicubic", Interpolation::kBicubic}};

Error Usage(std::string message, std::string hint = "") {
  return {ErrorCode::kUsage, std::move(message), std::move(hint)};
}

Status CheckNumbers(const Preset& preset) {
  for (int c = 0; c < 3; ++c) {
    if (!std::isfinite(preset.mean[c])) {
      return Usage(fmt::format("--mean is {}: three finite numbers are needed", preset.mean[c]));
    }
    if (!std::isfinite(preset.std[c]) || preset.std[c] <= 0) {
      return Usage(
          fmt::format("--std is {}: three finite numbers above 0 are needed", preset.std[c]));
    }
  }
  return {};
}

}  // namespace

std::string_view NameOf(Interpolation interpolation) {
  return std::find_if(
             std::begin(kInterpolations), std::end(kInterpolations),
             [&](const InterpolationName& row) { return row.interpolation == interpolation; })
      ->name;
}

void PresetOptions::Add(CLI::App& app) {
  app.add_option("--for", model, "prepare photos as these weights want them")->type_name("NAME");
  app.add_option("--resize", resize, "pixels of the short side (256)")->type_name("N");
  app.add_option("--crop", crop, "side of the centre square to keep (224)")->type_name("N");
  app.add_option("--interpolation", interpolation, "bilinear (the default) or bicubic")
      ->check(OneOf({"bilinear", "bicubic"}))
      ->type_name("HOW");
  app.add_option("--mean", mean, "R,G,B to subtract (0.485,0.456,0.406)")
      ->expected(3)
      ->delimiter(',')
      ->type_name("R,G,B");
  app.add_option("--std", std, "R,G,B to divide by (0.229,0.224,0.225)")
      ->expected(3)
      ->delimiter(',')
      ->type_name("R,G,B");
}

Result<Preset> PresetOf(Context& context, const PresetOptions& options) {
  Preset preset;
  if (!options.model.empty()) {
    if (options.says_how()) {
      return Usage("--for already says how the photo is prepared",
                   "leave out --for, or --resize, --crop, --interpolation, --mean and --std");
    }
    ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
    ZOO_ASSIGN_OR_RETURN(const Entry* entry, registries->Find(options.model));
    if (entry->preset) return *entry->preset;
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("the registry does not say how {} wants its input", Escape(entry->name())),
        "give --resize, --crop, --interpolation, --mean and --std"};
  }
  preset.resize = options.resize.value_or(preset.resize);
  preset.crop = options.crop.value_or(preset.crop);
  for (const InterpolationName& row : kInterpolations) {
    if (options.interpolation == row.name) preset.interpolation = row.interpolation;
  }
  if (!options.mean.empty()) std::copy_n(options.mean.begin(), 3, preset.mean.begin());
  if (!options.std.empty()) std::copy_n(options.std.begin(), 3, preset.std.begin());
  ZOO_RETURN_IF_ERROR(CheckNumbers(preset));
  return preset;
}

}  // namespace zoo::cli
