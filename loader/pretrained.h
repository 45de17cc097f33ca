// The one-call door: a name becomes a module that is ready to be used.
//
//   auto model = zoo::Pretrained("resnet50").value();   // pulled, verified, built, weights in
//   place, eval mode at::Tensor logits = model->forward(batch);
//
// Pulls through the default cache and the registries in force (environment: docs/environment.md).
// Any thread; each call makes its own module.
#ifndef ZOO_LOADER_PRETRAINED_H_
#define ZOO_LOADER_PRETRAINED_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/fetcher/pull.h"
#include "zoo/loader/load_into.h"
#include "zoo/models/classifier.h"
#include "zoo/registry/registry.h"

namespace zoo {

struct PretrainedOptions {
  Json::Object options;  // of the architecture, over the entry's own: {{"num_classes", 10}}
  LoadOptions load;
  PullOptions pull;
  std::optional<std::filesystem::path> cache;  // default: DefaultCacheFolder()
  const RegistrySet* registries = nullptr;     // default: those in force
};

Result<std::shared_ptr<models::Classifier>> Pretrained(std::string_view name,
                                                       const PretrainedOptions& options = {});

}  // namespace zoo

#endif  // ZOO_LOADER_PRETRAINED_H_
