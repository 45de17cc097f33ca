// zoo preprocess: what a model would see of a photo.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/preset_options.h"
#include "zoo/cli/terminal.h"
#include "zoo/image/decode.h"
#include "zoo/image/encode.h"
#include "zoo/image/image.h"
#include "zoo/image/preprocess.h"
#include "zoo/image/resize.h"

namespace zoo::cli {
namespace {

struct Options {
  std::string photo;
  PresetOptions preset;
  std::string crop_out, tensor_out;
};

Error Usage(std::string message) { return {ErrorCode::kUsage, std::move(message), ""}; }

// What is left of the photo at each step.
struct Steps {
  Preset preset;
  Size photo, resized;
  Image crop;
  std::vector<float> tensor;
};

Result<Steps> Prepare(const std::string& file, const Preset& preset) {
  Steps steps{.preset = preset};
  ZOO_ASSIGN_OR_RETURN(const Image photo, DecodeImageFile(file));
  steps.photo = {photo.width, photo.height};
  steps.resized = ShortSideSize(photo.width, photo.height, preset.resize);
  ZOO_ASSIGN_OR_RETURN(steps.crop, ResizeAndCrop(photo, preset));
  steps.tensor = Normalize(steps.crop, preset);
  return steps;
}

enum class CropFormat { kPpm, kPng };

Result<CropFormat> FormatOf(const std::string& file) {
  const std::string suffix = std::filesystem::path(file).extension().native();
  if (suffix == ".ppm") return CropFormat::kPpm;
  if (suffix == ".png" || file.empty()) return CropFormat::kPng;
  return Usage("--crop-out " + Quote(file) + " ends in neither .ppm nor .png");
}

Status Write(const Options& options, CropFormat format, const Steps& steps) {
  if (!options.crop_out.empty()) {
    std::string bytes = EncodePpm(steps.crop);
    if (format == CropFormat::kPng) {
      ZOO_ASSIGN_OR_RETURN(bytes, EncodePng(steps.crop));
    }
    ZOO_RETURN_IF_ERROR(WriteFile(options.crop_out, bytes));
  }
  if (!options.tensor_out.empty()) {
    const ByteView bytes = std::as_bytes(std::span(steps.tensor));
    ZOO_RETURN_IF_ERROR(WriteFile(options.tensor_out, AsText(bytes)));
  }
  return {};
}

struct Spread {
  double min, max, mean, std;
};

Spread SpreadOf(const std::vector<float>& values) {
  double sum = 0, squares = 0;
  for (double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (double value : values) squares += (value - mean) * (value - mean);
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  return {*min, *max, mean, std::sqrt(squares / static_cast<double>(values.size()))};
}

template <typename T>
std::string Sha256Of(const std::vector<T>& values) {
  return Digest::Of(std::as_bytes(std::span(values))).hex();
}

Json OrNull(const std::string& file) { return file.empty() ? Json() : Json(file); }

Json ToJson(const Options& options, const Steps& steps) {
  const Preset& preset = steps.preset;
  const Spread spread = SpreadOf(steps.tensor);
  auto numbers = [](const std::array<double, 3>& values) {
    return Json::Array(values.begin(), values.end());
  };
  auto size = [](Size of) { return Json::Object{{"width", of.width}, {"height", of.height}}; };
  return Json::Object{{"schema", "zoo/preprocess/1"},
                      {"file", options.photo},
                      {"photo", size(steps.photo)},
                      {"preset", Json::Object{{"resize", Json::Array{preset.resize}},
                                              {"crop", Json::Array{preset.crop}},
                                              {"interpolation", NameOf(preset.interpolation)},
                                              {"antialias", true},
                                              {"mean", numbers(preset.mean)},
                                              {"std", numbers(preset.std)}}},
                      {"resized", size(steps.resized)},
                      {"crop", Json::Object{{"width", preset.crop},
                                            {"height", preset.crop},
                                            {"sha256", Sha256Of(steps.crop.rgb)},
                                            {"path", OrNull(options.crop_out)}}},
                      {"tensor", Json::Object{{"dtype", "float32"},
                                              {"shape", Json::Array{3, preset.crop, preset.crop}},
                                              {"sha256", Sha256Of(steps.tensor)},
                                              {"min", spread.min},
                                              {"max", spread.max},
                                              {"mean", spread.mean},
                                              {"std", spread.std},
                                              {"path", OrNull(options.tensor_out)}}}};
}

std::string ToText(const Options& options, const Steps& steps) {
  const Preset& preset = steps.preset;
  const Spread spread = SpreadOf(steps.tensor);
  auto size = [](Size of) { return fmt::format("{} x {}", of.width, of.height); };
  std::vector<std::vector<std::string>> rows = {
      {"photo", size(steps.photo)},
      {"resized", fmt::format("{} (short side {}, {}, antialiased)", size(steps.resized),
                              preset.resize, NameOf(preset.interpolation))},
      {"cropped", fmt::format("{} (centre)", size({preset.crop, preset.crop}))},
      {"normalised",
       fmt::format("mean {}, std {}", fmt::join(preset.mean, " "), fmt::join(preset.std, " "))},
      {"tensor", fmt::format("float32 [3, {0}, {0}]", preset.crop)},
      {"", fmt::format("min {:.4f}, max {:.4f}, mean {:.4f}, std {:.4f}", spread.min, spread.max,
                       spread.mean, spread.std)},
  };
  if (!options.crop_out.empty()) rows.push_back({"crop in", Escape(options.crop_out, 1000)});
  if (!options.tensor_out.empty()) rows.push_back({"tensor in", Escape(options.tensor_out, 1000)});
  return FormatTable(rows, {});
}

Result<int> Run(Context& context, const Options& options) {
  ZOO_ASSIGN_OR_RETURN(const CropFormat format, FormatOf(options.crop_out));
  ZOO_ASSIGN_OR_RETURN(const Preset preset, PresetOf(context, options.preset));
  ZOO_ASSIGN_OR_RETURN(const Steps steps, Prepare(options.photo, preset));
  ZOO_RETURN_IF_ERROR(Write(options, format, steps));
  if (context.json()) {
    context.PrintJson(ToJson(options, steps));
  } else {
    context.Print(ToText(options, steps));
  }
  return 0;
}

}  // namespace

Runner DefinePreprocess(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("PHOTO", options->photo, "a JPEG or PNG file")->required();
  options->preset.Add(app);
  app.add_option("--crop-out", options->crop_out, "write the cropped picture: .ppm or .png")
      ->type_name("FILE");
  app.add_option("--tensor-out", options->tensor_out,
                 "write the input: raw float32, C H W, little-endian")
      ->type_name("FILE");
  return [options](Context& context) { return Run(context, *options); };
}

}  // namespace zoo::cli
