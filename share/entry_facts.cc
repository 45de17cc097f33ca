#include "zoo/share/entry_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/registry/entry_json.h"
#include "zoo/registry/registry.h"

namespace zoo {
namespace {

constexpr size_t kLongestValue = 60;  // that a message repeats

// The input of each probe.
Json InputsOf(const std::optional<Json>& probe) {
  Json::Array inputs;
  const auto add = [&](const Json& one) {
    const Json* input = one.Find("input");
    inputs.push_back(input != nullptr ? *input : Json());
  };
  if (!probe) return inputs;
  if (const Json::Array* several = probe->AsArray()) {
    std::ranges::for_each(*several, add);
  } else {
    add(*probe);
  }
  return inputs;
}

// What is compared, by the names that a registry has for it.
Json::Object FactsOf(Entry entry) {
  const std::optional<Json> probe = std::move(entry.probe);
  entry.probe.reset();
  entry.provenance.reset();
  entry.unknown.clear();
  entry.is_default = false;
  Json::Object facts = ToJson(entry);
  std::erase_if(facts, [](const auto& member) { return member.first == "artifact"; });
  facts.emplace_back("probe", InputsOf(probe));
  return facts;
}

// What a message says of a value in few words; nothing of lists and objects.
std::optional<std::string> Words(const Json* value) {
  if (value == nullptr) return "not stated";
  if (const std::string* text = value->AsString()) return Quote(*text, kLongestValue);
  if (value->AsArray() != nullptr || value->AsObject() != nullptr) return std::nullopt;
  return value->Dump(-1);
}

std::string Different(std::string_view field, const Json* before, const Json* now) {
  const auto there = Words(before), here = Words(now);
  if (!there || !here) return fmt::format("{} differs", field);
  return fmt::format("{} is {} there and {} here", field, *there, *here);
}

std::string DigestOf(const Artifact& artifact) {
  return artifact.sha256 ? artifact.sha256->hex() : artifact.sha256_prefix + "...";
}

Error NameIsTaken(const Entry& entry, std::string_view what) {
  return {ErrorCode::kMismatch, fmt::format("{} is published already, {}", entry.name(), what),
          fmt::format("a name never changes its meaning: publish under a new name with "
                      "--supersedes {}",
                      entry.name())};
}

// The entry as a registry of its own.
Result<Registry> Alone(Json entry, std::string_view where) {
  Json::Object lists;
  const Json* list = entry.Find("categories");
  if (list != nullptr && list->AsString() != nullptr) {
    lists.emplace_back(*list->AsString(), Json::Array{});
  }
  const Json document = Json::Object{{"schema", "zoo/registry/1"},
                                     {"categories", std::move(lists)},
                                     {"entries", Json::Array{std::move(entry)}}};
  return Registry::Parse(document.Dump(-1), "registry", RegistryOrigin::kFile, where);
}

}  // namespace

Status CheckEntry(const Entry& entry) {
  const Result<Registry> registry = Alone(ToJson(entry), entry.name());
  if (registry) return {};
  Error error = registry.error();
  error.code = ErrorCode::kUsage;
  return error;
}

Result<Entry> ReadEntry(const Json& json) {
  ZOO_ASSIGN_OR_RETURN(const Registry registry, Alone(json, "its entry"));
  return registry.entries().front();
}

Status CompareFacts(const Entry& before, const Entry& now) {
  if (before.artifact.sha256 != now.artifact.sha256) {
    return NameIsTaken(now, fmt::format("with other bytes: sha256 is {} there and {} here",
                                        DigestOf(before.artifact), DigestOf(now.artifact)));
  }
  const Json there = FactsOf(before), here = FactsOf(now);
  std::vector<std::string> different;
  for (const auto& [field, value] : *there.AsObject()) {
    const Json* other = here.Find(field);
    if (other == nullptr || *other != value) different.push_back(Different(field, &value, other));
  }
  for (const auto& [field, value] : *here.AsObject()) {
    if (there.Find(field) == nullptr) different.push_back(Different(field, nullptr, &value));
  }
  if (different.empty()) return {};
  return NameIsTaken(now, fmt::format("with other facts: {}", fmt::join(different, ", ")));
}

}  // namespace zoo
