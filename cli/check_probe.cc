#include "zoo/cli/check_probe.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/preset.h"
#include "zoo/base/text.h"
#include "zoo/cli/probe_photo.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

Result<Preset> PresetFor(const ReadyModel& ready) {
  if (ready.entry == nullptr || !ready.entry->preset) return NoPreset(ready.name);
  return *ready.entry->preset;
}

// A photo is looked for in `folder`.
Result<at::Tensor> ImagesOf(const ProbeInput& input, const fs::path& folder,
                            const ReadyModel& ready) {
  if (const auto* generated = std::get_if<GeneratedInput>(&input)) return Generate(*generated);
  const auto& photo = std::get<PhotoInput>(input);
  if (folder.empty()) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("the probe of {} is of a photo beside its registry, which was read "
                             "from no file",
                             ready.name),
                 ""};
  }
  ZOO_ASSIGN_OR_RETURN(const Preset preset, PresetFor(ready));
  return ReadProbePhoto(folder, photo, preset);
}

Result<Probe> ReadProbe(const fs::path& file) {
  ZOO_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, JsonLimits().bytes));
  Result<Json> json = ParseJson(text);
  const Json* inner = json ? json->Find("probe") : nullptr;
  Result<Probe> probe = json ? ParseProbe(inner != nullptr ? *inner : *json) : json.error();
  if (probe) return probe;
  Error error = probe.error();
  error.message = fmt::format("{}: {}", Escape(file.native(), 1000), error.message);
  return error;
}

Result<Checked> Compare(const Probe& probe, const fs::path& folder, const ReadyModel& ready) {
  ZOO_ASSIGN_OR_RETURN(const at::Tensor images, ImagesOf(probe.input, folder, ready));
  ZOO_ASSIGN_OR_RETURN(models::LogitsOutcome outcome, RunProbe(probe, *ready.model, images));
  return Checked{ready.name, "its probe says", std::move(outcome), probe.tolerance};
}

Status CheckShape(const std::vector<int64_t>& shape) {
  if (IsImageBatch(shape)) return {};
  return Error{ErrorCode::kUsage,
               "the shape of an input is N,3,HEIGHT,WIDTH, of at most 64 images and 4096 pixels",
               "pass --shape 1,3,224,224, for example"};
}

Result<GeneratedInput> GeneratedFor(const NewProbe& request, const ReadyModel& ready) {
  GeneratedInput input;
  if (!request.shape.empty()) {
    input.shape = request.shape;
  } else if (ready.entry != nullptr && ready.entry->preset) {
    input.shape[2] = input.shape[3] = ready.entry->preset->crop;
  }
  ZOO_RETURN_IF_ERROR(CheckShape(input.shape));
  return input;
}

}  // namespace

Result<Checked> CheckEntry(Context& context, const std::string& name) {
  ZOO_ASSIGN_OR_RETURN(const Context::NameOrFile found, context.Resolve(name));
  if (found.file) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{} is a file: what it must compute is not known", Quote(name)),
                 "--arch ARCHITECTURE with --probe FILE or --write says it"};
  }
  const Entry& entry = *found.entry;
  if (!entry.probe) {
    return Error{
        ErrorCode::kNotFound, fmt::format("{} has no probe", entry.name()),
        fmt::format("its registry does not say what it must compute; `zoo check {} --write` "
                    "prints a probe of what it computes here",
                    entry.name())};
  }
  ZOO_ASSIGN_OR_RETURN(const Probe probe, ParseProbe(*entry.probe));
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  ZOO_ASSIGN_OR_RETURN(const ReadyModel ready, OpenModel(context, {.name = name}));
  return Compare(probe, registries->FolderOf(entry), ready);
}

Result<Checked> CheckAgainst(Context& context, const ModelChoice& choice,
                             const fs::path& probe_file) {
  ZOO_ASSIGN_OR_RETURN(const Probe probe, ReadProbe(probe_file));
  ZOO_ASSIGN_OR_RETURN(const ReadyModel ready, OpenModel(context, choice));
  fs::path folder = probe_file.parent_path();
  if (folder.empty()) folder = ".";
  ZOO_ASSIGN_OR_RETURN(Checked checked, Compare(probe, folder, ready));
  if (!choice.weights.empty()) checked.name = choice.weights;
  return checked;
}

Result<Probe> MakeProbe(Context& context, const ModelChoice& choice, const NewProbe& request) {
  if (!request.shape.empty()) ZOO_RETURN_IF_ERROR(CheckShape(request.shape));
  ProbeInput input;
  if (!request.photo.empty()) {
    ZOO_ASSIGN_OR_RETURN(input, PhotoInputOf(request.photo));
  }
  ZOO_ASSIGN_OR_RETURN(const ReadyModel ready, OpenModel(context, choice));
  if (request.photo.empty()) {
    ZOO_ASSIGN_OR_RETURN(input, GeneratedFor(request, ready));
  }
  fs::path folder = fs::path(request.photo).parent_path();
  if (folder.empty()) folder = ".";
  ZOO_ASSIGN_OR_RETURN(const at::Tensor images, ImagesOf(input, folder, ready));
  return RecordProbe(*ready.model, std::move(input), images, request.dtype);
}

}  // namespace zoo::cli
