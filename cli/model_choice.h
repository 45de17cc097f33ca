// Which model a command runs: weights that a registry knows, or an architecture with a checkpoint
// file. zoo-run only.
//
//   auto choice = std::make_shared<ModelChoice>();
//   choice->AddFileOptions(app);
//   ...
//   ZOO_ASSIGN_OR_RETURN(ReadyModel ready, OpenModel(context, *choice));
#ifndef ZOO_CLI_MODEL_CHOICE_H_
#define ZOO_CLI_MODEL_CHOICE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cli/context.h"
#include "zoo/loader/load_options.h"
#include "zoo/models/classifier.h"
#include "zoo/registry/entry.h"

namespace CLI {
class App;
}

namespace zoo::cli {

struct ModelChoice {
  std::string name;                    // of an entry, or
  std::string architecture;            // with
  std::string weights;                 // a checkpoint file
  std::optional<int64_t> num_classes;  // of the architecture
  std::vector<std::string> options;    // more of them: "key=value"

  // --arch, --num-classes and --option.
  void AddArchitectureOptions(CLI::App& app);
  // These and --weights.
  void AddFileOptions(CLI::App& app);
};

struct ReadyModel {
  std::shared_ptr<models::Classifier> model;  // weights in place, eval mode
  std::string name;                           // as results call it
  // The entry of that name; for a file the architecture's own, if there is one: its preset and
  // categories are those of other weights.
  const Entry* entry = nullptr;
};

// The entry that ReadyModel will have, before anything is pulled. kUsage unless exactly one of a
// name or an architecture with a file is given.
Result<const Entry*> EntryOf(Context& context, const ModelChoice& choice);

// "key=value" options and --num-classes as JSON: a value that is no JSON is a string.
Result<Json::Object> ArchitectureOptions(const ModelChoice& choice);

// The module of --arch with its options, without weights. kNotFound if there is no such
// architecture, else the errors of models::Make.
Result<std::shared_ptr<models::Classifier>> MakeArchitecture(const ModelChoice& choice);

// Pulls what is not in the cache. Errors: EntryOf's, and those of pulling, reading and placing.
Result<ReadyModel> OpenModel(Context& context, const ModelChoice& choice,
                             const LoadOptions& load = {});

// That no entry says how photos are prepared for a model of that name.
Error NoPreset(const std::string& name);

}  // namespace zoo::cli

#endif  // ZOO_CLI_MODEL_CHOICE_H_
