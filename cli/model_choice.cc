#include "zoo/cli/model_choice.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/cli/pull_one.h"
#include "zoo/fetcher/pull.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/load_options.h"
#include "zoo/loader/pretrained.h"
#include "zoo/loader/torch_error.h"
#include "zoo/models/architectures.h"
#include "zoo/registry/added.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

void NoteReport(Context& context, const LoadReport& report) {
  context.Note(fmt::format("{} tensors placed in {:.0f} ms", report.placed, report.seconds * 1e3));
  if (!report.cast.empty()) {
    context.Note(fmt::format("{} of them converted, the first {}", report.cast.size(),
                             Escape(report.cast.front())));
  }
  if (!report.form.empty()) context.Note(fmt::format("the weights are of {}", report.form));
}

Result<ReadyModel> OpenEntry(Context& context, const Entry* entry, const LoadOptions& load) {
  ZOO_ASSIGN_OR_RETURN(const Pulled pulled, PullOne(context, *entry));
  LoadReport report;
  ZOO_ASSIGN_OR_RETURN(auto model,
                       LoadEntry(*entry, pulled.blob, {.load = load, .report = &report}));
  NoteReport(context, report);
  return ReadyModel{std::move(model), entry->name(), entry};
}

// How well an entry stands for its architecture. Whoever publishes weights of one says nothing of
// others' weights: the built-in registry comes before those that were added.
int StandsFor(const Entry& entry, const Registry& registry) {
  const bool built_in = registry.alias() == kBuiltinAlias;
  const bool same_name = entry.model == entry.architecture.name;
  return 4 * (built_in ? 1 : 0) + 2 * (entry.is_default ? 1 : 0) + (same_name ? 1 : 0);
}

// The entry whose preset and categories are an architecture's: the first of those that stand best
// for it.
const Entry* EntryOfArchitecture(const RegistrySet& registries, const std::string& architecture) {
  const Entry* best = nullptr;
  int most = -1;
  for (const Registry& registry : registries.registries()) {
    for (const Entry& entry : registry.entries()) {
      if (entry.architecture.name != architecture) continue;
      const int stands = StandsFor(entry, registry);
      if (stands > most) best = &entry, most = stands;
    }
  }
  return best;
}

Result<ReadyModel> OpenFile(Context& context, const ModelChoice& choice, const Entry* entry,
                            LoadOptions load) {
  ZOO_ASSIGN_OR_RETURN(auto model, MakeArchitecture(choice));
  ZOO_ASSIGN_OR_RETURN(const auto checkpoint, Checkpoint::Open(choice.weights));
  load.cast_floating = true;
  ZOO_ASSIGN_OR_RETURN(const LoadReport report, LoadInto(*model, checkpoint, load));
  NoteReport(context, report);
  model->eval();
  return ReadyModel{std::move(model), choice.architecture, entry};
}

Status CheckChoice(const ModelChoice& choice) {
  const bool from_file = !choice.architecture.empty() || !choice.weights.empty() ||
                         choice.num_classes.has_value() || !choice.options.empty();
  if (choice.name.empty() != from_file) {
    return Error{
        ErrorCode::kUsage,
        from_file ? "a name and --arch are two ways to say which model" : "no model is named",
        "give the name of weights, or --arch with --weights FILE"};
  }
  if (from_file && (choice.architecture.empty() || choice.weights.empty())) {
    return Error{ErrorCode::kUsage, "--arch and --weights go together",
                 "give the name of weights, or --arch with --weights FILE"};
  }
  return {};
}

}  // namespace

void ModelChoice::AddArchitectureOptions(CLI::App& app) {
  app.add_option("--arch", architecture, "architecture of a checkpoint of your own")
      ->type_name("ARCHITECTURE");
  app.add_option("--num-classes", num_classes, "classes of --arch, if not its usual number")
      ->type_name("N");
  app.add_option("--option", options, "another option of --arch, as key=value; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void ModelChoice::AddFileOptions(CLI::App& app) {
  AddArchitectureOptions(app);
  app.add_option("--weights", weights, "the checkpoint file for --arch")->type_name("FILE");
}

Result<const Entry*> EntryOf(Context& context, const ModelChoice& choice) {
  ZOO_RETURN_IF_ERROR(CheckChoice(choice));
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  if (!choice.name.empty()) return registries->Find(choice.name);
  return EntryOfArchitecture(*registries, choice.architecture);
}

Result<Json::Object> ArchitectureOptions(const ModelChoice& choice) {
  Json::Object options;
  if (choice.num_classes) options.emplace_back("num_classes", *choice.num_classes);
  for (const std::string& text : choice.options) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == text.npos) {
      return Error{ErrorCode::kUsage, fmt::format("--option {} is not key=value", Quote(text)), ""};
    }
    const std::string value = text.substr(equals + 1);
    Result<Json> json = ParseJson(value);
    options.emplace_back(text.substr(0, equals), json ? *std::move(json) : Json(value));
  }
  return options;
}

Result<std::shared_ptr<models::Classifier>> MakeArchitecture(const ModelChoice& choice) {
  ZOO_ASSIGN_OR_RETURN(const Json::Object options, ArchitectureOptions(choice));
  Result<std::shared_ptr<models::Classifier>> made = std::shared_ptr<models::Classifier>();
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot make " + choice.architecture,
                                 [&] { made = models::Make(choice.architecture, options); }));
  return made;
}

Result<ReadyModel> OpenModel(Context& context, const ModelChoice& choice, const LoadOptions& load) {
  ZOO_ASSIGN_OR_RETURN(const Entry* entry, EntryOf(context, choice));
  return choice.name.empty() ? OpenFile(context, choice, entry, load)
                             : OpenEntry(context, entry, load);
}

Error NoPreset(const std::string& name) {
  return {ErrorCode::kNotFound,
          fmt::format("nothing says how photos must be prepared for {}", name),
          "no registry in force has an entry of that architecture with a preset"};
}

}  // namespace zoo::cli
