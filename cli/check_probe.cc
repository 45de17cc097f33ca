#include "zoo/cli/check_probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <span>
#include <utility>
#include <variant>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/preset.h"
#include "zoo/base/text.h"
#include "zoo/cli/probe_photo.h"
#include "zoo/loader/torch_error.h"
#include "zoo/registry/entry.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

Result<Preset> PresetFor(const ReadyModel& ready) {
  if (ready.entry == nullptr || !ready.entry->preset) return NoPreset(ready.name);
  return *ready.entry->preset;
}

// Where the photo of a probe is.
using PhotoPlace = std::function<Result<fs::path>(const PhotoInput&)>;

PhotoPlace In(fs::path folder) {
  if (folder.empty()) folder = ".";
  return [folder](const PhotoInput& photo) -> Result<fs::path> { return folder / photo.photo; };
}

Result<at::Tensor> MakeImages(const ProbeInput& input, const PhotoPlace& place,
                              const ReadyModel& ready) {
  if (const auto* generated = std::get_if<GeneratedInput>(&input)) return Generate(*generated);
  const auto& photo = std::get<PhotoInput>(input);
  ZOO_ASSIGN_OR_RETURN(const Preset preset, PresetFor(ready));
  ZOO_ASSIGN_OR_RETURN(const fs::path file, place(photo));
  return ReadProbePhoto(file, photo, preset);
}

Result<at::Tensor> ImagesOf(const ProbeInput& input, const PhotoPlace& place,
                            const ReadyModel& ready) {
  Result<at::Tensor> images = at::Tensor();
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot make the input of the probe",
                                 [&] { images = MakeImages(input, place, ready); }));
  return images;
}

// One probe, or an array of them.
Result<std::vector<Probe>> ParseProbes(const Json& json) {
  std::vector<Probe> probes;
  const Json::Array* several = json.AsArray();
  for (const Json& one : several != nullptr ? std::span(*several) : std::span(&json, 1)) {
    ZOO_ASSIGN_OR_RETURN(Probe probe, ParseProbe(one));
    probes.push_back(std::move(probe));
  }
  if (probes.empty()) return Error{ErrorCode::kCorrupt, "probe: the array is empty", ""};
  return probes;
}

Result<std::vector<Probe>> ReadProbes(const fs::path& file) {
  ZOO_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, JsonLimits().bytes));
  Result<Json> json = ParseJson(text);
  const Json* inner = json ? json->Find("probe") : nullptr;
  Result<std::vector<Probe>> probes =
      json ? ParseProbes(inner != nullptr ? *inner : *json) : json.error();
  if (probes) return probes;
  Error error = probes.error();
  error.message = fmt::format("{}: {}", Escape(file.native(), 1000), error.message);
  return error;
}

std::string InputText(const ProbeInput& input) {
  if (const auto* photo = std::get_if<PhotoInput>(&input)) return "photo " + photo->photo;
  return fmt::format("generated [{}]", fmt::join(std::get<GeneratedInput>(input).shape, ", "));
}

Result<Checked> Compare(const Probe& probe, const PhotoPlace& place, const ReadyModel& ready) {
  ZOO_ASSIGN_OR_RETURN(const at::Tensor images, ImagesOf(probe.input, place, ready));
  ZOO_ASSIGN_OR_RETURN(models::LogitsOutcome outcome, RunProbe(probe, *ready.model, images));
  return Checked{ready.name, "its probe says", std::move(outcome), probe.tolerance};
}

// What the report calls a model, and what an error's row does.
struct Called {
  const std::string& results;
  const std::string& errors;
};

// What comes of each probe is added to the report.
void CompareAll(const std::vector<Probe>& probes, const PhotoPlace& place, const ReadyModel& ready,
                Called called, CheckReport& report) {
  for (const Probe& probe : probes) {
    Result<Checked> checked = Compare(probe, place, ready);
    if (checked) checked->name = called.results;
    if (checked && probes.size() > 1) checked->input = InputText(probe.input);
    report.Add(called.errors, checked);
  }
}

Status CheckShape(const std::vector<int64_t>& shape) {
  if (IsImageBatch(shape)) return {};
  return Error{ErrorCode::kUsage,
               fmt::format("the shape of an input is N,3,HEIGHT,WIDTH, of {}", kImageBatchLimits),
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

Status CheckFound(Context& context, const std::string& name, CheckReport& report) {
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
  ZOO_ASSIGN_OR_RETURN(const std::vector<Probe> probes, ParseProbes(*entry.probe));
  ZOO_ASSIGN_OR_RETURN(const ReadyModel ready, OpenModel(context, {.name = name}));
  const auto place = [&](const PhotoInput& photo) { return ProbePhotoFile(context, entry, photo); };
  CompareAll(probes, place, ready, {ready.name, name}, report);
  return {};
}

}  // namespace

void CheckEntry(Context& context, const std::string& name, CheckReport& report) {
  if (Status done = CheckFound(context, name, report); !done) report.Add(name, done.error());
}

void CheckAgainst(Context& context, const ModelChoice& choice, const fs::path& probe_file,
                  CheckReport& report) {
  const std::string& name = choice.weights.empty() ? choice.name : choice.weights;
  const auto check = [&]() -> Status {
    ZOO_ASSIGN_OR_RETURN(const std::vector<Probe> probes, ReadProbes(probe_file));
    ZOO_ASSIGN_OR_RETURN(const ReadyModel ready, OpenModel(context, choice));
    const Called called{choice.weights.empty() ? ready.name : choice.weights, name};
    CompareAll(probes, In(probe_file.parent_path()), ready, called, report);
    return {};
  };
  if (Status done = check(); !done) report.Add(name, done.error());
}

Result<Probe> MakeProbeOf(const ReadyModel& ready, const NewProbe& request) {
  ProbeInput input;
  if (request.photo.empty()) {
    ZOO_ASSIGN_OR_RETURN(input, GeneratedFor(request, ready));
  } else {
    ZOO_ASSIGN_OR_RETURN(input, PhotoInputOf(request.photo));
  }
  ZOO_ASSIGN_OR_RETURN(const at::Tensor images,
                       ImagesOf(input, In(fs::path(request.photo).parent_path()), ready));
  return RecordProbe(*ready.model, std::move(input), images, request.dtype);
}

Result<Probe> MakeProbe(Context& context, const ModelChoice& choice, const NewProbe& request) {
  // Before anything is downloaded.
  if (!request.shape.empty()) ZOO_RETURN_IF_ERROR(CheckShape(request.shape));
  if (!request.photo.empty()) ZOO_RETURN_IF_ERROR(PhotoInputOf(request.photo));
  ZOO_ASSIGN_OR_RETURN(const ReadyModel ready, OpenModel(context, choice));
  return MakeProbeOf(ready, request);
}

}  // namespace zoo::cli
