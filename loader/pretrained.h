// The one-call door: a name becomes a module that is ready to be used.
//
//   auto model = zoo::Pretrained("resnet50").value();  // pulled, verified, built, loaded; eval
//   mode at::Tensor logits = model->forward(batch);
//
//   // Fine-tuning for ten classes: all but the last layer comes from the file.
//   auto mine = zoo::Pretrained("resnet50", {.options = {{"num_classes", 10}},
//                                            .load = {.head = zoo::Head::kFresh}}).value();
//
// Pulls through the default cache and the registries in force (environment: docs/environment.md).
// Any thread; each call makes its own module. The weights are views of the cached file where that
// is possible: private pages, so that training in place changes the module and never the file.
#ifndef ZOO_LOADER_PRETRAINED_H_
#define ZOO_LOADER_PRETRAINED_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"
#include "zoo/fetcher/pull.h"
#include "zoo/loader/load_options.h"
#include "zoo/models/classifier.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo {

struct PretrainedOptions {
  Json::Object options;  // of the architecture, over the entry's own: {{"num_classes", 10}}
  LoadOptions load;      // floating types are cast in any case: some files hold halves
  PullOptions pull;      // what is left at its default comes from the environment
  std::optional<std::filesystem::path> cache;  // default: DefaultCacheFolder()
  const RegistrySet* registries = nullptr;     // default: those in force
  LoadReport* report = nullptr;                // if given: what was placed, cast, left out
};

// Errors: those of RegistrySet::Find, CheckOptions, Pull and LoadInto; kUnsupported if the entry's
// architecture is not one of models::Names().
Result<std::shared_ptr<models::Classifier>> Pretrained(std::string_view name,
                                                       const PretrainedOptions& options = {});

// The same of an entry whose file is here already.
Result<std::shared_ptr<models::Classifier>> LoadEntry(const Entry& entry, const Blob& blob,
                                                      const PretrainedOptions& options = {});

}  // namespace zoo

#endif  // ZOO_LOADER_PRETRAINED_H_
