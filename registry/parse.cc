// A registry file (docs/registry_format.md) as a whole: the document, its lists of categories, and
// what must hold between entries.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "zoo/base/ascii.h"
#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/registry/fields.h"
#include "zoo/registry/parse_entry.h"
#include "zoo/registry/registry.h"

namespace zoo {
namespace {

constexpr JsonLimits kLimits = {.bytes = 256 << 20, .depth = 64};
constexpr std::string_view kSchema = "zoo/registry/";
constexpr std::string_view kSchemaVersion = "1";

using Categories = std::map<std::string, std::vector<std::string>, std::less<>>;

void CheckSchema(Fields& document) {
  const std::string* schema = document.String("schema", Need::kRequired);
  if (schema == nullptr) return;
  std::string_view version = *schema;
  if (!version.starts_with(kSchema) || version == kSchema) {
    return document.Fail(
        "schema", fmt::format("is {}, not \"{}{}\"", Quote(*schema, 80), kSchema, kSchemaVersion));
  }
  version.remove_prefix(kSchema.size());
  if (version != kSchemaVersion) {
    document.Fail(
        "schema",
        fmt::format("is {}; this program reads version {}, that file needs one that reads "
                    "version {}",
                    Quote(*schema, 80), kSchemaVersion, Escape(version, 20)),
        ErrorCode::kUnsupported);
  }
}

Categories ReadCategories(Fields& document) {
  Categories categories;
  const Json* object = document.Object("categories");
  if (object == nullptr) return categories;
  for (const auto& [list, names] : *object->AsObject()) {
    const Json::Array* items = names.AsArray();
    bool strings = items != nullptr && std::ranges::all_of(*items, [](const Json& item) {
                     return item.AsString() != nullptr;
                   });
    if (!strings) {
      document.Fail("categories",
                    fmt::format("must hold arrays of strings, but {} is none", Quote(list, 80)));
      return categories;
    }
    std::vector<std::string>& out = categories[list];
    out.reserve(items->size());
    for (const Json& item : *items) out.push_back(*item.AsString());
  }
  return categories;
}

// The rules between entries. Messages call an entry by its place and its name.
class Census {
 public:
  explicit Census(size_t entries) {
    spellings_.reserve(2 * entries);
    models_.reserve(entries);
  }

  // What is wrong with `entry` beside those before it; nothing if nothing is.
  std::optional<std::string> Add(const Entry& entry) {
    if (auto wrong = AddSpelling(entry.model, false)) return wrong;
    if (auto wrong = AddSpelling(entry.name(), !entry.weights.empty())) return wrong;
    Model& model = models_[entry.model];
    ++model.entries;
    model.nameless += entry.weights.empty();
    model.defaults += entry.is_default;
    if (model.defaults > 1) return "default is true for a second entry of " + entry.model;
    if (model.nameless > 0 && model.entries > 1) {
      return "weights may be missing only where a model has one entry; " + entry.model +
             " has several";
    }
    return std::nullopt;
  }

  // The first model (in the order of names) with several entries and no default.
  std::optional<std::string> ModelWithoutDefault() const {
    std::optional<std::string> first;
    for (const auto& [name, model] : models_) {
      if (model.entries > 1 && model.defaults == 0 && (!first || name < *first)) first = name;
    }
    return first;
  }

 private:
  struct Model {
    int entries = 0, defaults = 0, nameless = 0;
  };

  std::optional<std::string> AddSpelling(const std::string& name, bool must_be_new) {
    auto [at, is_new] = spellings_.emplace(AsciiLower(name), name);
    if (at->second != name) {
      return fmt::format("{} differs only in case from {}, which stands before it", name,
                         at->second);
    }
    if (!is_new && must_be_new) return name + " stands twice";
    return std::nullopt;
  }

  std::unordered_map<std::string, std::string> spellings_;  // lower case -> as written
  std::unordered_map<std::string, Model> models_;
};

std::string Place(size_t index, const Entry& entry) {
  return IsNamePart(entry.model) && (entry.weights.empty() || IsNamePart(entry.weights))
             ? fmt::format("entries[{}] ({})", index, entry.name())
             : fmt::format("entries[{}]", index);
}

Result<std::vector<Entry>> ReadEntries(Json::Array items, const std::string& alias,
                                       const Categories& categories, RegistryOrigin origin) {
  std::vector<Entry> entries;
  entries.reserve(items.size());
  Census census(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    Problem problem;
    Entry entry = ParseEntry(items[i], origin, problem);
    entry.registry = alias;
    if (!problem.found() && !entry.categories.empty() && !categories.contains(entry.categories)) {
      problem.Note(
          fmt::format("categories {} is no list of this registry", Quote(entry.categories, 80)));
    }
    if (!problem.found()) {
      if (auto wrong = census.Add(entry)) problem.Note(*wrong);
    }
    if (problem.found()) {
      return Error{problem.error().code,
                   fmt::format("{}: {}", Place(i, entry), problem.error().message), ""};
    }
    entries.push_back(std::move(entry));
    items[i] = Json();  // of a hundred thousand, the next ones take the memory of the last
  }
  if (auto model = census.ModelWithoutDefault()) {
    return Error{ErrorCode::kCorrupt,
                 *model + " has several entries, but none with \"default\": true", ""};
  }
  return entries;
}

// REQUIRES: there is an array of that name.
Json::Array TakeArray(Json& json, std::string_view key) {
  auto member = std::ranges::find(*json.AsObject(), key, &Json::Object::value_type::first);
  return std::move(*member->second.AsArray());
}

Result<Registry> ReadDocument(Json json, std::string alias, RegistryOrigin origin) {
  Problem problem;
  Fields document(json, "", problem);
  CheckSchema(document);
  const std::string* name = document.String("name");
  if (name != nullptr && !IsNamePart(*name)) {
    document.Fail("name", Quote(*name, 80) + " is not a name");
  }
  auto version = document.Whole("version");
  document.String("updated");
  Categories categories = ReadCategories(document);
  document.Array("entries", Need::kRequired);
  if (problem.found()) return problem.error();
  ZOO_ASSIGN_OR_RETURN(std::vector<Entry> entries,
                       ReadEntries(TakeArray(json, "entries"), alias, categories, origin));
  return Registry::Of(std::move(alias), std::move(entries), std::move(categories),
                      name != nullptr ? *name : "", version.value_or(0));
}

}  // namespace

Result<Registry> Registry::Parse(std::string_view text, std::string alias, RegistryOrigin origin,
                                 std::string_view where) {
  auto in_file = [&](Error error) {
    error.message = fmt::format("{}: {}", Escape(where, 500), error.message);
    return error;
  };
  auto json = ParseJson(text, kLimits);
  if (!json) return in_file(std::move(json).error());
  auto registry = ReadDocument(*std::move(json), std::move(alias), origin);
  if (!registry) return in_file(std::move(registry).error());
  return registry;
}

}  // namespace zoo
