#include "zoo/cli/published_model.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <utility>
#include <variant>

#include "zoo/base/digest.h"
#include "zoo/base/text.h"
#include "zoo/cli/check_probe.h"
#include "zoo/cli/probe_photo.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/probe.h"
#include "zoo/loader/torch_error.h"
#include "zoo/models/classifier.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

using Model = std::shared_ptr<models::Classifier>;

// A typing error would look the same, so that the nearest name is told.
Result<std::optional<PublishedModel>> OfUnknown(Context& context, const ModelRequest& request,
                                                const Error& error) {
  if (!request.photos.empty()) {
    return Error{ErrorCode::kUsage, fmt::format("--photo is of no use: {}", error.message),
                 "leave it out; only what zoo has can be run on a photo"};
  }
  context.Note(
      fmt::format("{}; published as an architecture of your own: nothing checked that the "
                  "weights fit, and there is no probe",
                  error.message));
  if (error.hint.starts_with("did you mean")) context.Note(error.hint);
  return std::optional<PublishedModel>();
}

Result<Model> Load(const SourceWeights& source, Model model) {
  LoadOptions load{.key = source.key, .cast_floating = true};
  ZOO_RETURN_IF_ERROR(LoadInto(*model, source.checkpoint, load));
  model->eval();
  return model;
}

Result<uint64_t> ClassesOf(models::Classifier& model, const Probe& probe) {
  uint64_t classes = 0;
  const auto* input = std::get_if<GeneratedInput>(&probe.input);
  if (input == nullptr) return classes;
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot run " + model.name(), [&] {
    at::NoGradGuard no_grad;
    model.to(at::kFloat);
    classes = static_cast<uint64_t>(model.forward(Generate(*input)).size(1));
  }));
  return classes;
}

// The probe calls the photo what it will be called beside the registry.
Result<PublishedPhoto> Rename(const std::string& file, Probe& probe) {
  auto& photo = std::get<PhotoInput>(probe.input);
  ZOO_ASSIGN_OR_RETURN(std::string bytes, PhotoBytes(file));
  if (Digest::Of(AsBytes(bytes)) != photo.sha256) {
    return Error{ErrorCode::kMismatch,
                 fmt::format("{} changed while it was being published", Escape(file, 1000)), ""};
  }
  photo.photo = PublishedPhotoName(fs::path(file).filename().native(), photo.sha256);
  return PublishedPhoto{photo.photo, std::move(bytes)};
}

}  // namespace

Result<std::optional<PublishedModel>> CheckModel(Context& context, const SourceWeights& source,
                                                 const ModelRequest& request) {
  Result<Model> made = MakeArchitecture(request.choice);
  if (!made && made.error().code == ErrorCode::kNotFound) {
    return OfUnknown(context, request, made.error());
  }
  ZOO_ASSIGN_OR_RETURN(Model model, std::move(made));
  ZOO_ASSIGN_OR_RETURN(model, Load(source, std::move(model)));
  PublishedModel published;
  for (const at::Tensor& parameter : model->parameters()) {
    published.parameters += static_cast<uint64_t>(parameter.numel());
  }
  const Entry entry{.preset = request.preset};
  const ReadyModel ready{model, request.choice.architecture, &entry};
  ZOO_ASSIGN_OR_RETURN(const Probe generated, MakeProbeOf(ready, {}));
  ZOO_ASSIGN_OR_RETURN(published.classes, ClassesOf(*model, generated));
  Json::Array probes{ProbeJson(generated)};
  for (const std::string& photo : request.photos) {
    ZOO_ASSIGN_OR_RETURN(Probe probe, MakeProbeOf(ready, {.photo = photo}));
    ZOO_ASSIGN_OR_RETURN(PublishedPhoto renamed, Rename(photo, probe));
    published.photos.push_back(std::move(renamed));
    probes.push_back(ProbeJson(probe));
  }
  published.probe = probes.size() == 1 ? std::move(probes.front()) : Json(std::move(probes));
  return std::optional<PublishedModel>(std::move(published));
}

}  // namespace zoo::cli
