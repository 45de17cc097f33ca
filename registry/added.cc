#include "zoo/registry/added.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <utility>

#include "zoo/base/ascii.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/private_file.h"
#include "zoo/base/text.h"
#include "zoo/registry/fields.h"
#include "zoo/registry/name.h"
#include "zoo/registry/source_rules.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSchema = "zoo/config/1";
constexpr std::string_view kDocumentName = "zoo.json";

// A member that is not known may be a slip, and what it was meant to say would go unsaid.
void RefuseOthers(const Json& object, Fields& fields, std::span<const std::string_view> known) {
  if (object.AsObject() == nullptr) return;
  for (const auto& [key, value] : *object.AsObject()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    fields.Fail(Escape(key, 80), "is no setting");
  }
}

void ReadUrl(Fields& row, const std::string& url, AddedRegistry& added) {
  const bool whole = url.ends_with('/') || url.ends_with(".json");
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return row.Fail("url", fmt::format("\"{}\" must begin with http:// or https://", MaskUrl(url)));
  }
  if (auto wrong = WrongUrl(url, RegistryOrigin::kUrl)) return row.Fail("url", *wrong);
  if (!whole || url.find_first_of("?#@") != std::string::npos) {
    return row.Fail("url", fmt::format("\"{}\" must end with / or .json and hold no query, user or "
                                       "password",
                                       MaskUrl(url)));
  }
  added.url = url;
}

void ReadKey(Fields& row, const std::string& text, AddedRegistry& added) {
  if (added.url.empty()) return row.Fail("key", "needs a url beside it");
  Result<PublicKey> key = PublicKey::Parse(text);
  if (!key) return row.Fail("key", "is no public key: " + key.error().message);
  added.key = *std::move(key);
}

AddedRegistry ReadRow(const Json& json, size_t index, Problem& problem) {
  constexpr std::string_view kKnown[] = {"alias", "url", "path", "key"};
  Fields row(json, fmt::format("registries[{}]", index), problem);
  RefuseOthers(json, row, kKnown);
  AddedRegistry added;
  if (const auto* alias = row.String("alias", Need::kRequired)) added.alias = *alias;
  const std::string* url = row.String("url");
  const std::string* path = row.String("path");
  const std::string* key = row.String("key");
  if (problem.found()) return added;
  if ((url == nullptr) == (path == nullptr)) {
    row.Fail("url", "or path must be there, and not both");
    return added;
  }
  if (url != nullptr) ReadUrl(row, *url, added);
  if (path != nullptr) {
    added.path = *path;
    if (!added.path.is_absolute()) row.Fail("path", Quote(*path) + " is not absolute");
  }
  if (key != nullptr && !problem.found()) ReadKey(row, *key, added);
  return added;
}

fs::path Place(const char* name, std::string_view below, const char* in_home) {
  const auto set = [](const char* variable) {
    const char* value = std::getenv(variable);
    return fs::path(value == nullptr ? "" : value);
  };
  if (fs::path folder = set(name); folder.is_absolute()) return folder / below;
  if (fs::path home = set("HOME"); home.is_absolute()) return home / in_home / below;
  return {};
}

}  // namespace

RegistryPlaces RegistryPlaces::FromEnvironment() {
  RegistryPlaces places{.config = Place("XDG_CONFIG_HOME", "zoo/config.json", ".config"),
                        .state = Place("XDG_STATE_HOME", "zoo", ".local/state")};
  const char* config = std::getenv("ZOO_CONFIG");
  if (config != nullptr && *config != '\0') places.config = config;
  return places;
}

std::string AddedRegistry::document_url() const {
  return url.ends_with('/') ? url + std::string(kDocumentName) : url;
}

std::string AddedRegistry::base_url() const { return url.substr(0, url.rfind('/') + 1); }

std::string AddedRegistry::where() const {
  return url.empty() ? Escape(path.native(), 1000) : MaskUrl(url);
}

Result<std::vector<AddedRegistry>> ParseAdded(std::string_view text) {
  constexpr std::string_view kKnown[] = {"schema", "registries"};
  ZOO_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  Problem problem;
  Fields document(json, "", problem);
  const std::string* schema = document.String("schema", Need::kRequired);
  if (schema != nullptr && *schema != kSchema) {
    document.Fail("schema", fmt::format("is {}, not \"{}\"", Quote(*schema, 80), kSchema),
                  ErrorCode::kUnsupported);
  }
  RefuseOthers(json, document, kKnown);
  const Json::Array* rows = document.Array("registries", Need::kRequired);
  std::vector<AddedRegistry> added;
  for (size_t i = 0; rows != nullptr && i < rows->size() && !problem.found(); ++i) {
    AddedRegistry row = ReadRow((*rows)[i], i, problem);
    Status free = problem.found() ? Status() : CheckAlias(row.alias, added);
    if (!free) problem.Note(fmt::format("registries[{}]: {}", i, free.error().message));
    added.push_back(std::move(row));
  }
  if (problem.found()) return problem.error();
  return added;
}

std::string AddedText(const std::vector<AddedRegistry>& added) {
  Json::Array rows;
  for (const AddedRegistry& registry : added) {
    Json::Object row{{"alias", registry.alias}};
    if (!registry.url.empty()) row.emplace_back("url", registry.url);
    if (registry.url.empty()) row.emplace_back("path", registry.path.native());
    if (registry.key) row.emplace_back("key", registry.key->ToString());
    rows.emplace_back(std::move(row));
  }
  const Json document = Json::Object{{"schema", kSchema}, {"registries", std::move(rows)}};
  return document.Dump() + '\n';
}

Result<std::vector<AddedRegistry>> ReadAdded(const RegistryPlaces& places) {
  if (places.config.empty()) return std::vector<AddedRegistry>();
  Result<std::string> text = ReadFile(places.config, JsonLimits().bytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::vector<AddedRegistry>();
  if (!text) return std::move(text).error();
  Result<std::vector<AddedRegistry>> added = ParseAdded(*text);
  if (added) return added;
  return Error{added.error().code,
               fmt::format("{}: {}", Escape(places.config.native(), 1000), added.error().message),
               "mend the file, or remove it and add the registries again"};
}

Status WriteAdded(const RegistryPlaces& places, const std::vector<AddedRegistry>& added) {
  if (places.config.empty()) {
    return Error{ErrorCode::kUsage, "there is no place for config.json: HOME is not set",
                 "set ZOO_CONFIG to a file"};
  }
  const std::string text = AddedText(added);
  Result<std::vector<AddedRegistry>> read = ParseAdded(text);
  if (!read || *read != added) {
    return Error{ErrorCode::kUsage, "config.json cannot hold a path whose name is not UTF-8",
                 "give the folder another name"};
  }
  // A file that was named without a folder lies in the one where zoo runs.
  if (places.config.has_parent_path()) {
    ZOO_RETURN_IF_ERROR(MakePrivateFolder(places.config.parent_path()));
  }
  return WritePrivateFile(places.config, text);
}

Status CheckAlias(std::string_view alias, const std::vector<AddedRegistry>& added) {
  if (!IsNamePart(alias)) {
    return Error{ErrorCode::kUsage, Quote(alias) + " cannot be the alias of a registry",
                 "an alias is letters, digits, '.', '_' and '-', a letter or digit first"};
  }
  if (AsciiLower(alias) == kBuiltinAlias) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{} is the registry that is compiled in", kBuiltinAlias),
                 "choose another alias"};
  }
  for (const AddedRegistry& other : added) {
    if (AsciiLower(other.alias) != AsciiLower(alias)) continue;
    return Error{ErrorCode::kUsage,
                 fmt::format("the alias {} is taken{} ({})", alias,
                             other.alias == alias ? "" : " by " + other.alias, other.where()),
                 fmt::format("choose another, or `zoo registry remove {}` first", other.alias)};
  }
  return {};
}

const AddedRegistry* FindAdded(const std::vector<AddedRegistry>& added, std::string_view text) {
  const auto found = std::ranges::find_if(added, [&](const AddedRegistry& registry) {
    if (registry.alias == text) return true;
    return !registry.url.empty() && (registry.url == text || registry.document_url() == text ||
                                     registry.url == fmt::format("{}/", text));
  });
  return found == added.end() ? nullptr : &*found;
}

}  // namespace zoo
