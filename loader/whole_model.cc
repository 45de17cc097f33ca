#include "zoo/loader/whole_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/value_json.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/python_models.h"
#include "zoo/loader/save.h"
#include "zoo/loader/snapshot.h"
#include "zoo/loader/torch_error.h"
#include "zoo/models/architectures.h"
#include "zoo/models/state_dict.h"

namespace zoo {
namespace {

using Id = Document::Id;
using Kind = Value::Kind;
using Model = std::shared_ptr<models::Classifier>;

constexpr std::string_view kSchema = "schema";
constexpr std::string_view kSchemaName = "zoo/model/1";
constexpr std::string_view kArchitecture = "architecture";
constexpr std::string_view kOptions = "options";
constexpr std::string_view kTraining = "training";
constexpr std::string_view kStateDict = "state_dict";
constexpr int kOptionDepth = 2;         // of lists in lists
constexpr size_t kOptionItems = 1'000;  // twice those of the longest table of an option

// Saving.

Id ValueOf(const Json& json, Document& document) {
  if (const bool* value = json.AsBool()) return document.Bool(*value);
  if (const auto value = json.AsInt64()) return document.Int(*value);
  if (const auto value = json.AsDouble()) return document.Float(*value);
  if (const std::string* value = json.AsString()) return document.String(*value);
  std::vector<Id> items;
  if (const Json::Array* array = json.AsArray()) {
    for (const Json& item : *array) items.push_back(ValueOf(item, document));
    return document.List(std::move(items));
  }
  return document.None();  // no option is an object
}

// That the architecture, built anew, is this model.
Status CheckBuildsAgain(const models::Classifier& model) {
  ZOO_ASSIGN_OR_RETURN(const Model again, models::Make(model.name(), *model.made_with()));
  std::map<std::string, at::Tensor> tensors;
  for (const models::NamedTensor& slot : models::StateDictOf(*again)) {
    tensors.emplace(slot.name, slot.tensor);
  }
  for (const models::NamedTensor& slot : models::StateDictOf(model)) {
    const auto found = tensors.find(slot.name);
    const bool same = found != tensors.end() && found->second.sizes() == slot.tensor.sizes();
    if (same) {
      tensors.erase(found);
      continue;
    }
    return Error{
        ErrorCode::kMismatch,
        fmt::format(
            "cannot save {}: its {} is {}, and it was made with {}", model.name(), slot.name,
            slot.tensor.sizes().vec(),
            found == tensors.end() ? "none" : fmt::format("{}", found->second.sizes().vec())),
        "give the options of what it is now to models::Make, or use SaveStateDict"};
  }
  if (tensors.empty()) return {};
  return Error{ErrorCode::kMismatch,
               fmt::format("cannot save {}: it was made with {}, and lacks it now", model.name(),
                           tensors.begin()->first),
               "use SaveStateDict"};
}

Status Fill(const models::Classifier& model, Snapshot& snapshot) {
  Document& document = snapshot.document();
  std::vector<std::pair<std::string_view, Id>> options;
  for (const auto& [key, value] : *model.made_with()) {
    options.emplace_back(key, ValueOf(value, document));
  }
  ZOO_ASSIGN_OR_RETURN(const Id state, StateDictValue(model, snapshot));
  snapshot.Finish(snapshot.Dict({{kSchema, document.String(kSchemaName)},
                                 {kArchitecture, document.String(model.name())},
                                 {kOptions, snapshot.Dict(options)},
                                 {kTraining, document.Bool(model.is_training())},
                                 {kStateDict, state}}));
  return {};
}

// Loading.

// What the file holds, and where.
struct Found {
  Value value;
  std::string key;  // of its dict; empty: the file itself
};

// The one module of the file.
std::optional<Found> FindModule(const Value& root) {
  if (root.kind() == Kind::kModule) return Found{root, ""};
  std::optional<Found> found;
  if (root.kind() != Kind::kDict) return found;
  for (size_t i = 0; i < root.size(); ++i) {
    if (root.item(i).kind() != Kind::kModule || root.key(i).kind() != Kind::kString) continue;
    if (found) return std::nullopt;
    found = Found{root.item(i), std::string(root.key(i).text())};
  }
  return found;
}

// An option: a scalar, a list of them, or a list of lists. Of what is deeper or longer only
// Python's text is left, which no option takes. `left` counts items, since a file can name one list
// often.
Json OptionOf(const Value& value, int depth, size_t& left) {
  const bool list = value.kind() == Kind::kList || value.kind() == Kind::kTuple;
  if (!list || depth == 0 || value.size() > left) return PlainJson(value);
  left -= value.size();
  Json::Array items;
  for (size_t i = 0; i < value.size(); ++i) {
    items.push_back(OptionOf(value.item(i), depth - 1, left));
  }
  return items;
}

Result<Model> MakeOurs(const Checkpoint& checkpoint) {
  const Value root = checkpoint.root();
  const auto architecture = root.Find(kArchitecture), options = root.Find(kOptions);
  const bool complete = architecture && architecture->kind() == Kind::kString && options &&
                        options->kind() == Kind::kDict && root.Find(kStateDict);
  if (!complete) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: a {} has an architecture, options and a state_dict",
                             checkpoint.name(), kSchemaName),
                 ""};
  }
  size_t left = kOptionItems;
  Json::Object json;
  for (size_t i = 0; i < options->size(); ++i) {
    json.emplace_back(std::string(options->key(i).text()),
                      OptionOf(options->item(i), kOptionDepth, left));
  }
  return models::Make(architecture->text(), json);
}

Result<Model> Load(const std::shared_ptr<const Checkpoint>& checkpoint, LoadOptions options) {
  const Value root = checkpoint->root();
  const auto schema = root.kind() == Kind::kDict ? root.Find(kSchema) : std::nullopt;
  if (schema && schema->text().starts_with("zoo/model/")) {
    if (schema->text() != kSchemaName) {
      return Error{ErrorCode::kUnsupported,
                   fmt::format("{}: its schema is {}, and {} is read", checkpoint->name(),
                               Quote(schema->text()), kSchemaName),
                   "a newer zoo reads it"};
    }
    ZOO_ASSIGN_OR_RETURN(Model model, MakeOurs(*checkpoint));
    options.key = kStateDict;
    ZOO_RETURN_IF_ERROR(LoadInto(*model, checkpoint, options));
    const auto training = root.Find(kTraining);
    model->train(training && training->kind() == Kind::kBool && training->AsBool());
    return model;
  }
  const auto found = FindModule(root);
  if (!found) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: it holds no model whose architecture is known with it",
                             checkpoint->name()),
                 "make the model by models::Make and load its weights by LoadStateDict"};
  }
  const Value module = Unwrapped(found->value);
  ZOO_ASSIGN_OR_RETURN(Model model, MakeLike(*checkpoint, module));
  if (options.key.empty()) options.key = found->key;
  ZOO_RETURN_IF_ERROR(LoadInto(*model, checkpoint, options));
  TakeModes(*checkpoint, module, *model);
  return model;
}

}  // namespace

Result<Written> SaveModel(const models::Classifier& model, const std::filesystem::path& path,
                          const WriteOptions& options) {
  if (!model.made_with()) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("cannot save {} whole: its options are not known", model.name()),
                 "make it by models::Make, or use SaveStateDict"};
  }
  ZOO_RETURN_IF_ERROR(CheckBuildsAgain(model));
  Snapshot snapshot;
  Status filled;
  ZOO_RETURN_IF_ERROR(
      CatchTorch("cannot save " + model.name(), [&] { filled = Fill(model, snapshot); }));
  if (!filled) return std::move(filled).error();
  return WriteCheckpoint(snapshot.document(), path, options);
}

Result<Model> LoadModel(const std::filesystem::path& path, const LoadOptions& options) {
  ZOO_ASSIGN_OR_RETURN(const auto checkpoint, Checkpoint::Open(path));
  Result<Model> model = Model();
  ZOO_RETURN_IF_ERROR(
      CatchTorch("cannot load " + checkpoint->name(), [&] { model = Load(checkpoint, options); }));
  return model;
}

}  // namespace zoo
