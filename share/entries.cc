#include "zoo/share/entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/text.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/entry_json.h"
#include "zoo/share/make_lock.h"

namespace zoo {
namespace {

constexpr std::string_view kSchema = "zoo/entries/1";
// An entry stands two levels deeper here than in its registry.
constexpr int kDeepestEntries = JsonLimits().depth + 2;

std::string TextOf(const Json& object, std::string_view key) {
  const Json* member = object.Find(key);
  const std::string* text = member == nullptr ? nullptr : member->AsString();
  return text == nullptr ? "" : *text;
}

// "digits:v1" of an entry's JSON.
std::string NameIn(const Json& entry) {
  const std::string weights = TextOf(entry, "weights");
  return weights.empty() ? TextOf(entry, "model") : TextOf(entry, "model") + ":" + weights;
}

// The row that locks the entry, by name and digest.
const LockedWeights* RowOf(const Json& entry, const std::string& alias, const Lock& lock) {
  const std::string name = fmt::format("{}/{}", alias, NameIn(entry));
  auto row = std::ranges::find(lock.weights, name, &LockedWeights::name);
  if (row == lock.weights.end()) return nullptr;
  return Digest::Of(AsBytes(entry.Dump(-1))) == row->entry_sha256 ? &*row : nullptr;
}

Json CategoriesJson(const BundledRegistry& registry) {
  Json::Object categories;
  for (const auto& [list, names] : registry.categories) {
    categories.emplace_back(list, Json::Array(names.begin(), names.end()));
  }
  return categories;
}

Json RegistryJson(const BundledRegistry& registry) {
  return Sealed({{"alias", registry.alias},
                 {"categories", CategoriesJson(registry)},
                 {"entries", registry.entries}});
}

Registry::CategoryLists CategoriesIn(const Json* object) {
  Registry::CategoryLists lists;
  if (object == nullptr || object->AsObject() == nullptr) return lists;
  for (const auto& [list, names] : *object->AsObject()) {
    std::vector<std::string>& known = lists[list];
    for (const Json& name : names.AsArray() == nullptr ? Json::Array() : *names.AsArray()) {
      known.push_back(name.AsString() == nullptr ? "" : *name.AsString());
    }
  }
  return lists;
}

BundledRegistry ReadRegistryJson(const Json& json) {
  const Json* entries = json.Find("entries");
  const bool array = entries != nullptr && entries->AsArray() != nullptr;
  return {.alias = TextOf(json, "alias"),
          .categories = CategoriesIn(json.Find("categories")),
          .entries = array ? *entries->AsArray() : Json::Array()};
}

// What a lock says of the file, in the form of a registry; the pieces stay as they were.
Json ArtifactOf(const Json& entry, const LockedWeights& row) {
  Json::Array sources;
  for (const Source& source : row.sources) {
    if (const auto* url = std::get_if<UrlSource>(&source)) {
      sources.push_back(Json::Object{{"url", url->url}});
    } else {
      const auto& wheel = std::get<WheelSource>(source);
      sources.push_back(Json::Object{{"wheel", wheel.requirement}, {"member", wheel.member}});
    }
  }
  Json::Object artifact{{"file", row.file},
                        {"size", row.size},
                        {"sha256", row.sha256.hex()},
                        {"sources", std::move(sources)}};
  const Json* before = entry.Find("artifact");
  const Json* pieces = before == nullptr ? nullptr : before->Find("pieces");
  if (pieces != nullptr) artifact.emplace_back("pieces", *pieces);
  return artifact;
}

bool IsDefault(const Json& entry) {
  const Json* member = entry.Find("default");
  return member != nullptr && member->AsBool() != nullptr && *member->AsBool();
}

// Models whose default is not among the entries.
std::set<std::string> WithoutDefault(const Json::Array& entries) {
  std::set<std::string> models, with_default;
  for (const Json& entry : entries) {
    models.insert(TextOf(entry, "model"));
    if (IsDefault(entry)) with_default.insert(TextOf(entry, "model"));
  }
  for (const std::string& model : with_default) models.erase(model);
  return models;
}

Error Wrong(std::string_view where, std::string_view what) {
  return {ErrorCode::kCorrupt, fmt::format("{}: {}", Escape(where, 1000), what),
          "get the bundle again"};
}

Status CheckRegistry(const BundledRegistry& registry, const Lock& lock, std::string_view where) {
  for (const Json& entry : registry.entries) {
    if (RowOf(entry, registry.alias, lock) == nullptr) {
      return Wrong(where, fmt::format("the entry {} of {} is not one that zoo.lock locks",
                                      Quote(NameIn(entry), 80), Quote(registry.alias, 80)));
    }
  }
  auto parsed =
      Registry::Parse(RegistryText(registry, lock), registry.alias, RegistryOrigin::kFile, where);
  return parsed ? Status() : Status(std::move(parsed).error());
}

}  // namespace

Result<std::vector<BundledRegistry>> EntriesOf(const Lock& lock, const RegistrySet& set) {
  // By registry, then by name: two aliases may lock one entry.
  std::map<std::string, std::map<std::string, const Entry*>> found;
  for (const LockedWeights& row : lock.weights) {
    ZOO_ASSIGN_OR_RETURN(const Entry* entry, set.Find(row.name));
    const Digest digest = EntryDigest(*entry);
    if (digest != row.entry_sha256) {
      return Error{ErrorCode::kMismatch,
                   fmt::format("the entry {} has sha256 {}, the lock says {}", FullName(*entry),
                               digest.hex(), row.entry_sha256.hex()),
                   "`zoo lock --check` tells what changed; --no-entries makes a bundle without"};
    }
    found[entry->registry][entry->name()] = entry;
  }
  std::vector<BundledRegistry> registries;
  for (const auto& [alias, entries] : found) {
    BundledRegistry registry{.alias = alias, .categories = {}, .entries = {}};
    for (const auto& [name, entry] : entries) {
      registry.entries.emplace_back(ToJson(*entry));
      if (!entry->categories.empty()) {
        registry.categories[entry->categories] = set.CategoriesOf(*entry);
      }
    }
    registries.push_back(std::move(registry));
  }
  return registries;
}

std::string EntriesText(const std::vector<BundledRegistry>& registries) {
  Json::Array rows;
  for (const BundledRegistry& registry : registries) rows.push_back(RegistryJson(registry));
  return Json(Json::Object{{"schema", kSchema}, {"registries", std::move(rows)}}).Dump() + '\n';
}

Result<std::vector<BundledRegistry>> ParseEntries(std::string_view text, const Lock& lock,
                                                  std::string_view where) {
  Result<Json> document = ParseJson(text, {.bytes = kLargestEntries, .depth = kDeepestEntries});
  if (!document) return Wrong(where, document.error().message);
  const Json* rows = document->Find("registries");
  std::vector<BundledRegistry> registries;
  if (rows != nullptr && rows->AsArray() != nullptr) {
    for (const Json& row : *rows->AsArray()) registries.push_back(ReadRegistryJson(row));
  }
  // Whatever was not understood is missing from the text that is made of the rest.
  if (EntriesText(registries) != text) {
    return Wrong(where, fmt::format("it is not what zoo writes as {}", kSchema));
  }
  for (const BundledRegistry& registry : registries) {
    ZOO_RETURN_IF_ERROR(CheckRegistry(registry, lock, where));
  }
  return registries;
}

std::string RegistryText(const BundledRegistry& registry, const Lock& lock) {
  std::set<std::string> lacking = WithoutDefault(registry.entries);
  Json::Array entries;
  for (const Json& entry : registry.entries) {
    const LockedWeights* row = RowOf(entry, registry.alias, lock);
    if (row == nullptr) continue;
    Json::Object members = *entry.AsObject();
    for (auto& [key, value] : members) {
      if (key == "artifact") value = ArtifactOf(entry, *row);
    }
    std::erase_if(members, [](const auto& member) { return member.first == "default"; });
    const bool first = lacking.erase(TextOf(entry, "model")) > 0;
    if (first || IsDefault(entry)) members.emplace_back("default", true);
    entries.emplace_back(std::move(members));
  }
  return Json(Json::Object{{"schema", "zoo/registry/1"},
                           {"name", registry.alias},
                           {"version", 1},
                           {"categories", CategoriesJson(registry)},
                           {"entries", std::move(entries)}})
             .Dump() +
         '\n';
}

}  // namespace zoo
