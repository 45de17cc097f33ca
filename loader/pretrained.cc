#include "zoo/loader/pretrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "zoo/base/process.h"
#include "zoo/cache/disk.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/fetcher/clock.h"
#include "zoo/fetcher/curl_transport.h"
#include "zoo/loader/environment.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/torch_error.h"
#include "zoo/models/architectures.h"
#include "zoo/registry/in_force.h"

namespace zoo {
namespace {

using Made = Result<std::shared_ptr<models::Classifier>>;

Json::Object Overlaid(Json::Object options, const Json::Object& over) {
  for (const auto& [name, value] : over) {
    const auto same = [&name = name](const auto& option) { return option.first == name; };
    const auto found = std::find_if(options.begin(), options.end(), same);
    if (found == options.end()) {
      options.emplace_back(name, value);
    } else {
      found->second = value;
    }
  }
  return options;
}

Made MakeArchitecture(const Entry& entry, const Json::Object& options) {
  Made made = std::shared_ptr<models::Classifier>();
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot make " + entry.architecture.name, [&] {
    made = models::Make(entry.architecture.name, Overlaid(entry.architecture.options, options));
  }));
  if (!made && made.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{} is of an architecture that this version does not have: {}",
                             entry.name(), entry.architecture.name),
                 "`zoo pull` and `zoo inspect` work all the same"};
  }
  return made;
}

Result<Blob> PullEntry(const Entry& entry, const PretrainedOptions& options) {
  std::filesystem::path folder;
  if (options.cache) {
    folder = *options.cache;
  } else {
    ZOO_ASSIGN_OR_RETURN(folder, DefaultCacheFolder());
  }
  RealDisk disk;
  ZOO_ASSIGN_OR_RETURN(Store store, Store::Open(std::filesystem::absolute(folder), disk));
  ZOO_ASSIGN_OR_RETURN(const PullOptions pull, WithEnvironment(options.pull));
  CurlTransport transport(NetworkOptions::FromEnvironment());
  SystemClock clock;
  RealProcess process;
  ZOO_ASSIGN_OR_RETURN(Pulled pulled, Pull(entry, store, {transport, clock, process}, pull));
  return std::move(pulled.blob);
}

}  // namespace

Made LoadEntry(const Entry& entry, const Blob& blob, const PretrainedOptions& options) {
  ZOO_ASSIGN_OR_RETURN(auto model, MakeArchitecture(entry, options.options));
  ZOO_ASSIGN_OR_RETURN(const auto checkpoint, Checkpoint::Open(blob.path(), {.immutable = true}));
  LoadOptions load = options.load;
  load.cast_floating = true;
  ZOO_ASSIGN_OR_RETURN(LoadReport report, LoadInto(*model, checkpoint, load));
  if (options.report != nullptr) *options.report = std::move(report);
  model->eval();
  return model;
}

Made Pretrained(std::string_view name, const PretrainedOptions& options) {
  RegistrySet in_force;
  if (options.registries == nullptr) {
    ZOO_ASSIGN_OR_RETURN(in_force, RegistriesInForce());
  }
  const RegistrySet& registries = options.registries ? *options.registries : in_force;
  ZOO_ASSIGN_OR_RETURN(const Entry* entry, registries.Find(name));
  // Before anything is downloaded: an architecture or an option that is wrong stays wrong.
  ZOO_ASSIGN_OR_RETURN(const auto model, MakeArchitecture(*entry, options.options));
  ZOO_RETURN_IF_ERROR(CheckOptions(*model, options.load));
  ZOO_ASSIGN_OR_RETURN(const Blob blob, PullEntry(*entry, options));
  return LoadEntry(*entry, blob, options);
}

}  // namespace zoo
