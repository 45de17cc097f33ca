#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/softmax.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/model_choice.h"
#include "zoo/image/decode.h"
#include "zoo/image/image.h"
#include "zoo/image/preprocess.h"
#include "zoo/loader/torch_error.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

struct Arguments {
  std::vector<std::string> photos;
  ModelChoice model;
  int top = 5;
  bool logits = false;
};

// What came out for one photo.
struct Seen {
  std::string file;
  std::vector<float> logits, probabilities;
  std::vector<size_t> order;  // of the classes, most probable first
};

Result<Preset> PresetOf(const ReadyModel& ready) {
  if (ready.entry != nullptr && ready.entry->preset) return *ready.entry->preset;
  return Error{ErrorCode::kNotFound,
               fmt::format("nothing says how photos must be prepared for {}", ready.name),
               "no registry in force has an entry of that architecture with a preset"};
}

Result<Seen> Classify(const std::string& file, const Preset& preset, const ReadyModel& ready) {
  ZOO_ASSIGN_OR_RETURN(const Image photo, DecodeImageFile(file));
  ZOO_ASSIGN_OR_RETURN(const Image crop, ResizeAndCrop(photo, preset));
  std::vector<float> pixels = Normalize(crop, preset);
  at::Tensor logits, probabilities;
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot classify " + Quote(file), [&] {
    torch::NoGradGuard no_grad;
    const at::Tensor input = at::from_blob(pixels.data(), {1, 3, crop.height, crop.width});
    logits = ready.model->forward(input)[0].contiguous();
    probabilities = at::softmax(logits, 0).contiguous();
  }));
  const auto values = [](const at::Tensor& tensor) {
    const float* data = tensor.const_data_ptr<float>();
    return std::vector<float>(data, data + tensor.numel());
  };
  Seen seen{file, values(logits), values(probabilities), {}};
  seen.order.resize(seen.logits.size());
  std::iota(seen.order.begin(), seen.order.end(), size_t{0});
  std::stable_sort(seen.order.begin(), seen.order.end(),
                   [&](size_t a, size_t b) { return seen.logits[a] > seen.logits[b]; });
  return seen;
}

// Names for the model's classes; none if the list is of another length.
std::vector<std::string> CategoriesFor(const RegistrySet& registries, const ReadyModel& ready,
                                       size_t classes) {
  if (ready.entry == nullptr) return {};
  std::vector<std::string> names = registries.CategoriesOf(*ready.entry);
  if (names.size() != classes) names.clear();
  return names;
}

Json ResultJson(const Seen& seen, const std::string& model,
                const std::vector<std::string>& categories, const Arguments& arguments) {
  Json::Array top;
  for (size_t i = 0; i < seen.order.size() && i < static_cast<size_t>(arguments.top); ++i) {
    const size_t index = seen.order[i];
    top.push_back(Json::Object{{"index", index},
                               {"category", categories.empty() ? Json() : Json(categories[index])},
                               {"probability", seen.probabilities[index]}});
  }
  Json::Object result{{"file", seen.file}, {"model", model}, {"top", std::move(top)}};
  if (arguments.logits) {
    result.emplace_back("logits", Json::Array(seen.logits.begin(), seen.logits.end()));
  }
  return result;
}

// A photo goes by its file's name where that says enough.
std::map<std::string, std::string> Labels(const std::vector<std::string>& photos) {
  std::map<std::string, int> uses;
  const auto short_name = [](const std::string& file) {
    return std::filesystem::path(file).filename().string();
  };
  for (const std::string& file : photos) ++uses[short_name(file)];
  std::map<std::string, std::string> labels;
  for (const std::string& file : photos) {
    labels[file] = Escape(uses[short_name(file)] == 1 ? short_name(file) : file);
  }
  return labels;
}

std::string Text(const Seen& seen, const std::string& label, size_t width,
                 const std::vector<std::string>& categories, const Arguments& arguments) {
  std::string text;
  for (size_t i = 0; i < seen.order.size() && i < static_cast<size_t>(arguments.top); ++i) {
    const size_t index = seen.order[i];
    const std::string shown = i == 0 ? label : "";
    text += fmt::format("{}{:{}}  {:5.1f} %  {}\n", shown, "", width - DisplayWidth(shown),
                        100 * seen.probabilities[index],
                        categories.empty() ? fmt::format("class {}", index) : categories[index]);
  }
  if (arguments.logits) {
    for (const float logit : seen.logits) text += fmt::format("{:.9g}\n", logit);
  }
  return text;
}

// All photos are tried; the exit code is the first failure's.
Result<int> RunClassify(Context& context, const Arguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const ReadyModel ready, OpenModel(context, arguments.model));
  ZOO_ASSIGN_OR_RETURN(const Preset preset, PresetOf(ready));
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  std::map<std::string, std::string> labels = Labels(arguments.photos);
  size_t width = 0;
  for (const auto& [file, label] : labels) width = std::max(width, DisplayWidth(label));
  int exit_code = 0;
  Json::Array results, failed;
  for (const std::string& file : arguments.photos) {
    const Result<Seen> seen = Classify(file, preset, ready);
    if (!seen) {
      const Error& error = seen.error();
      if (exit_code == 0) exit_code = static_cast<int>(error.code);
      context.Note("zoo: " + error.Text());
      failed.push_back(Json::Object{
          {"file", file}, {"code", ErrorCodeName(error.code)}, {"message", error.Text()}});
      continue;
    }
    const auto categories = CategoriesFor(*registries, ready, seen->logits.size());
    if (context.json()) {
      results.push_back(ResultJson(*seen, ready.name, categories, arguments));
    } else {
      context.Print(Text(*seen, labels[file], width, categories, arguments));
    }
  }
  if (context.json()) {
    Json::Object document{{"schema", "zoo/classify/1"}, {"results", std::move(results)}};
    if (!failed.empty()) document.emplace_back("failed", std::move(failed));
    context.PrintJson(document);
  }
  return exit_code;
}

}  // namespace

Runner DefineClassify(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("PHOTO", arguments->photos, "JPEG or PNG files")->required();
  app.add_option("--model", arguments->model.name, "weights that a registry knows")
      ->type_name("NAME");
  arguments->model.AddFileOptions(app);
  app.add_option("--top", arguments->top, "how many categories to show")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_flag("--logits", arguments->logits, "show every logit too");
  return [arguments](Context& context) { return RunClassify(context, *arguments); };
}

}  // namespace zoo::cli
