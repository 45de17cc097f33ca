// zoo publish FILE --name MODEL:WEIGHTS --to FOLDER --license SPDX ...: one more entry in a
// registry's folder. Steps:
// 1. What the publisher states is read; the file is opened and checked.
// 2. If zoo has the architecture, the weights are loaded into it and run on known inputs.
// 3. The folder is locked and the file that is published is made in it, under no name yet.
// 4. The entry is compared with those that are there, and written.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/value_json.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/limit_option.h"
#include "zoo/cli/model_choice.h"
#include "zoo/cli/preset_options.h"
#include "zoo/cli/publish_facts.h"
#include "zoo/cli/published_model.h"
#include "zoo/cli/terminal.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/entry_json.h"
#include "zoo/registry/name.h"
#include "zoo/registry/registry.h"
#include "zoo/runs/checkpoint_facts.h"
#include "zoo/runs/metrics.h"
#include "zoo/runs/utc_time.h"
#include "zoo/share/publish.h"
#include "zoo/share/registry_folder.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNotesShown = 10;
constexpr size_t kMostKeys = 100;  // of a checkpoint, in its entry's provenance

struct Arguments {
  std::string file, to, registry_name, key;
  PublishFacts facts;
  ModelChoice model;
  PresetOptions preset;
  std::vector<std::string> photos, limits;
  bool allow_nan = false, whole = false, dry_run = false;
};

Status CheckCombination(const Arguments& arguments) {
  if (!arguments.whole || arguments.key.empty()) return {};
  return Error{ErrorCode::kUsage, "--key says what is taken out of the file, and --whole takes all",
               "leave out one of them"};
}

// What the weights of an architecture are usually made for; nothing of one that zoo has none of.
std::optional<Preset> UsualPreset(const std::string& architecture) {
  const Registry builtin = BuiltinRegistry();
  const Entry* first = nullptr;
  for (const Entry& entry : builtin.entries()) {
    if (entry.architecture.name != architecture || !entry.preset) continue;
    if (entry.is_default) return entry.preset;
    if (first == nullptr) first = &entry;
  }
  return first != nullptr ? first->preset : std::nullopt;
}

Result<std::optional<Preset>> ChoosePreset(Context& context, const Arguments& arguments) {
  if (!arguments.preset.model.empty() || arguments.preset.says_how()) {
    ZOO_ASSIGN_OR_RETURN(const Preset preset, PresetOf(context, arguments.preset));
    return std::optional<Preset>(preset);
  }
  const std::string& architecture = arguments.model.architecture;
  std::optional<Preset> preset = UsualPreset(architecture);
  if (preset) {
    context.Note(
        fmt::format("photos are prepared as for {}'s usual weights: short side {}, crop "
                    "{}; --resize, --crop and others say otherwise",
                    architecture, preset->resize, preset->crop));
  }
  return preset;
}

// Of a state dict alone: all floating numbers but BatchNorm's running statistics.
uint64_t CountParameters(const SourceWeights& source) {
  uint64_t count = 0;
  for (const StateDict::Item& item : source.weights.tensors) {
    const TensorInfo& tensor = source.checkpoint->tensors()[item.tensor];
    const bool statistics =
        item.name.ends_with("running_mean") || item.name.ends_with("running_var");
    if (IsFloating(tensor.dtype) && !statistics) count += static_cast<uint64_t>(tensor.numel());
  }
  return count;
}

// What a training checkpoint says of itself; null of a file that holds only weights.
Json ProvenanceOf(const SourceWeights& source) {
  if (source.only_weights) return {};
  const Checkpoint& checkpoint = *source.checkpoint;
  const std::string file = source.file.filename().native();
  const CheckpointFacts facts = FactsOf(checkpoint, file);
  Json::Object provenance{{"file", Escape(file)}, {"format", FormatName(checkpoint.format())}};
  if (facts.epoch) provenance.emplace_back("epoch", *facts.epoch);
  if (!facts.metrics.empty()) provenance.emplace_back("metrics", MetricsJson(facts.metrics));
  const Value root = checkpoint.root();
  if (root.kind() != Value::Kind::kDict) return provenance;
  Json::Array keys;
  for (size_t i = 0; i < root.size() && i < kMostKeys; ++i) {
    keys.push_back(StepJson(KeyStep(root.key(i))));
  }
  provenance.emplace_back("keys", std::move(keys));
  provenance.emplace_back("state_dict", FormatPath(source.weights.path));
  return provenance;
}

// A folder of its own for the file of a dry run, gone with the object.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> Make() {
    std::error_code failed;
    std::string path = (fs::temp_directory_path(failed) / "zoo-publish-XXXXXX").native();
    if (failed || mkdtemp(path.data()) == nullptr) return FileError("create", path, errno);
    return TemporaryFolder(path);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

// One publication at work.
class PublishCommand {
 public:
  PublishCommand(Context& context, const Arguments& arguments)
      : context_(context), arguments_(arguments) {}

  Result<int> Run();

 private:
  Status ReadModel();
  Status CheckCategories() const;
  Status OpenFolder();
  Status StageInto(const fs::path& file);
  Status Stage();
  void Complete();
  void Tell(const Added& added);
  void TellLeftOut();
  Json ToJson(const Added& added) const;
  std::string ToText(const Added& added) const;

  Context& context_;
  const Arguments& arguments_;
  Publication publication_;
  SourceWeights source_;
  std::optional<PublishedModel> model_;
  std::optional<RegistryFolder> folder_;
  StagedFile staged_;
};

Status PublishCommand::ReadModel() {
  Entry& entry = publication_.entry;
  ModelRequest request{.choice = arguments_.model, .photos = arguments_.photos};
  ZOO_ASSIGN_OR_RETURN(request.preset, ChoosePreset(context_, arguments_));
  entry.preset = request.preset;
  ZOO_ASSIGN_OR_RETURN(entry.architecture.options, ArchitectureOptions(arguments_.model));
  entry.architecture.name = arguments_.model.architecture;
  ZOO_ASSIGN_OR_RETURN(Limits limits, ParseLimits(arguments_.limits));
  ZOO_ASSIGN_OR_RETURN(source_, ReadWeights(arguments_.file, {.key = arguments_.key,
                                                              .allow_nan = arguments_.allow_nan,
                                                              .limits = limits,
                                                              .cancel = context_.cancel()}));
  ZOO_ASSIGN_OR_RETURN(model_, CheckModel(context_, source_, request));
  entry.parameters = model_ ? model_->parameters : CountParameters(source_);
  if (!model_) return {};
  entry.probe = model_->probe;
  publication_.photos = model_->photos;
  return CheckCategories();
}

Status PublishCommand::CheckCategories() const {
  const size_t names = publication_.category_names.size();
  if (names == 0 || names == model_->classes) return {};
  return Error{ErrorCode::kMismatch,
               fmt::format("{} has {}, and {} gives {}", Escape(arguments_.facts.categories, 1000),
                           Count(names, "name"), arguments_.model.architecture,
                           Count(model_->classes, "logit")),
               "one name a line, in the order of the logits"};
}

Status PublishCommand::OpenFolder() {
  Entry& entry = publication_.entry;
  ZOO_ASSIGN_OR_RETURN(RegistryFolder folder,
                       RegistryFolder::Open(arguments_.to, {.name = arguments_.registry_name,
                                                            .write = !arguments_.dry_run}));
  folder_.emplace(std::move(folder));
  const RegistryText& text = folder_->text();
  if (!publication_.category_names.empty()) {
    ZOO_ASSIGN_OR_RETURN(entry.categories, text.ListFor(publication_.category_names, entry.model));
  }
  if (entry.supersedes.empty()) return {};
  ZOO_ASSIGN_OR_RETURN(const Name old, ParseName(entry.supersedes));
  ZOO_ASSIGN_OR_RETURN(const auto there, text.Find(old.model, old.weights));
  if (there || !old.registry.empty()) return {};
  return Error{ErrorCode::kNotFound,
               fmt::format("{} is not in {}", Escape(entry.supersedes),
                           Escape(folder_->path().native(), 1000)),
               "--supersedes names an entry of the same registry, or REGISTRY/NAME"};
}

Status PublishCommand::StageInto(const fs::path& file) {
  ZOO_ASSIGN_OR_RETURN(
      staged_, StageFile(source_, file,
                         {.contents = arguments_.whole ? Contents::kWhole : Contents::kWeights,
                          .cancel = context_.cancel()}));
  return {};
}

// A dry run makes the file elsewhere, to know its digest.
Status PublishCommand::Stage() {
  if (!arguments_.dry_run) return StageInto(folder_->Incoming());
  ZOO_ASSIGN_OR_RETURN(const TemporaryFolder elsewhere, TemporaryFolder::Make());
  return StageInto(elsewhere.path() / "weights");
}

void PublishCommand::Complete() {
  Describe(source_, staged_, publication_.entry);
  Json provenance = ProvenanceOf(source_);
  if (!provenance.is_null()) publication_.entry.provenance = std::move(provenance);
  publication_.updated = FormatUtc(std::chrono::duration_cast<std::chrono::seconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count());
}

void PublishCommand::TellLeftOut() {
  for (size_t i = 0; i < staged_.left_out.size(); ++i) {
    if (i == kNotesShown) {
      context_.Note(fmt::format("left out: {} more", staged_.left_out.size() - i));
      break;
    }
    const ValueNote& note = staged_.left_out[i];
    context_.Note(fmt::format("left out: {} ({})", FormatPath(note.path), note.what));
  }
  if (!staged_.left_out.empty()) {
    context_.Note("only the weights are published; --whole publishes the file as it is");
  }
}

void PublishCommand::Tell(const Added& added) {
  TellLeftOut();
  const std::string folder = Escape(folder_->path().native(), 1000);
  if (!source_.fingerprint) context_.Note("weights of this kind have no fingerprint");
  const Entry& entry = publication_.entry;
  if (added.change == Added::Change::kEntry && !added.is_default) {
    context_.Note(fmt::format("{} alone still means other weights; --default makes it mean these",
                              entry.model));
  }
  if (added.change == Added::Change::kNone) {
    context_.Note(fmt::format("{} is there already, the same: nothing changed", entry.name()));
  } else if (added.signature_stale) {
    context_.Note(
        fmt::format("{}/{} is of an earlier version, and nobody will take the new one "
                    "before `zoo sign {} --key KEY`",
                    folder, kSignatureFile, folder));
  }
  if (arguments_.dry_run) context_.Note("a dry run: nothing was written");
}

Json PublishCommand::ToJson(const Added& added) const {
  const Entry& entry = publication_.entry;
  Json::Array left_out;
  for (const ValueNote& note : staged_.left_out) {
    left_out.push_back(Json::Object{{"path", PathJson(note.path)}, {"what", note.what}});
  }
  std::error_code ignored;
  const bool has_signature = fs::exists(folder_->path() / kSignatureFile, ignored);
  return Json::Object{{"schema", "zoo/publish/1"},
                      {"name", entry.name()},
                      {"registry", folder_->path().native()},
                      {"version", added.version},
                      {"changed", added.change != Added::Change::kNone},
                      {"dry_run", arguments_.dry_run},
                      {"file", (folder_->path() / kFilesFolder / entry.artifact.file).native()},
                      {"checked", model_.has_value()},
                      {"left_out", std::move(left_out)},
                      {"signature", added.signature_stale ? "stale"
                                    : has_signature       ? "unchanged"
                                                          : "none"},
                      {"entry", zoo::ToJson(entry)}};
}

std::string PublishCommand::ToText(const Added& added) const {
  const Entry& entry = publication_.entry;
  const fs::path file = folder_->path() / kFilesFolder / entry.artifact.file;
  std::string architecture = Escape(entry.architecture.name);
  for (const auto& [key, value] : entry.architecture.options) {
    const std::string* string = value.AsString();
    architecture += fmt::format(", {}={}", Escape(key),
                                string != nullptr ? Quote(*string) : Escape(value.Dump(-1), 80));
  }
  std::vector<std::vector<std::string>> rows = {
      {"name", entry.name()},
      {"file", Escape(file.native(), 1000)},
      {"size", fmt::format("{} ({} bytes)", FormatSize(staged_.size), staged_.size)},
      {"sha256", staged_.sha256.hex()},
      {"fingerprint", entry.fingerprint.empty() ? "none" : entry.fingerprint},
      {"architecture", architecture},
      {"checked",
       !model_ ? "no: the architecture is your own" : Count(1 + model_->photos.size(), "probe")},
      {"registry",
       fmt::format("{}, version {}", Escape((folder_->path() / kRegistryFile).native(), 1000),
                   added.version)}};
  return FormatTable(std::move(rows), {});
}

Result<int> PublishCommand::Run() {
  ZOO_RETURN_IF_ERROR(CheckCombination(arguments_));
  ZOO_ASSIGN_OR_RETURN(StatedFacts stated, ReadFacts(arguments_.facts));
  publication_.entry = std::move(stated.entry);
  publication_.category_names = std::move(stated.category_names);
  ZOO_RETURN_IF_ERROR(ReadModel());
  ZOO_RETURN_IF_ERROR(OpenFolder());
  ZOO_RETURN_IF_ERROR(Stage());
  Complete();
  ZOO_ASSIGN_OR_RETURN(const Added added, folder_->Add(publication_, context_.cancel()));
  Tell(added);
  if (context_.json()) {
    context_.PrintJson(ToJson(added));
  } else {
    context_.Print(ToText(added));
  }
  return 0;
}

Result<int> Run(Context& context, Arguments arguments) {
  // As a registry has it: without an architecture the model's name is one.
  if (arguments.model.architecture.empty()) {
    ZOO_ASSIGN_OR_RETURN(const Name name, ParseName(arguments.facts.name));
    arguments.model.architecture = name.model;
  }
  return PublishCommand(context, arguments).Run();
}

}  // namespace

Runner DefinePublish(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("FILE", arguments->file, "a checkpoint")->required();
  app.add_option("--to", arguments->to, "the registry's folder; made if it is not there")
      ->type_name("FOLDER")
      ->required();
  arguments->facts.Add(app);
  arguments->model.AddArchitectureOptions(app);
  app.add_option("--photo", arguments->photos,
                 "a photo to be published with its logits; may be repeated")
      ->type_name("PHOTO")
      ->allow_extra_args(false);
  arguments->preset.Add(app);
  app.add_option("--key", arguments->key, "where the state dict is, if there are several")
      ->type_name("KEY");
  app.add_flag("--whole", arguments->whole,
               "publish the file as it is, not only the weights in it");
  app.add_flag("--allow-nan", arguments->allow_nan, "also weights that are NaN or infinite");
  app.add_option("--registry-name", arguments->registry_name,
                 "what a new registry calls itself, if not as its folder")
      ->type_name("NAME");
  app.add_flag("--dry-run", arguments->dry_run, "check all, write nothing");
  AddLimitOption(app, arguments->limits);
  return [arguments](Context& context) { return Run(context, *arguments); };
}

}  // namespace zoo::cli
