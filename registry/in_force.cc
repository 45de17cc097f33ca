#include "zoo/registry/in_force.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/registry/read.h"
#include "zoo/registry/remembered.h"

namespace zoo {
namespace {

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    size_t end = std::min(text.find(','), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::vector<std::string> OrOfEnvironment(std::vector<std::string> wanted) {
  const char* variable = std::getenv("ZOO_REGISTRY");
  if (wanted.empty() && variable != nullptr) wanted = SplitAtCommas(variable);
  return wanted;
}

bool IsUrl(std::string_view where) { return where.find("://") != std::string_view::npos; }

// Only a file, by its form.
bool IsPath(std::string_view where) {
  return !IsUrl(where) && where.find('/') != std::string_view::npos;
}

// The added registries, read when the first name needs them: a config.json that is damaged is in
// nobody's way who names files.
class AddedOnDemand {
 public:
  explicit AddedOnDemand(const RegistryPlaces& places) : places_(places) {}

  // Null for `builtin` and for a file.
  Result<const AddedRegistry*> Find(const std::string& where) {
    if (where == kBuiltinAlias || IsPath(where)) return nullptr;
    ZOO_ASSIGN_OR_RETURN(const std::vector<AddedRegistry>* added, All());
    return FindAdded(*added, where);
  }
  Result<const std::vector<AddedRegistry>*> All() {
    if (!added_) {
      ZOO_ASSIGN_OR_RETURN(added_, ReadAdded(places_));
    }
    return &*added_;
  }

 private:
  const RegistryPlaces& places_;
  std::optional<std::vector<AddedRegistry>> added_;
};

Result<Registry> OpenRegistry(const std::string& where, const AddedRegistry* added,
                              const RegistryPlaces& places) {
  if (where == kBuiltinAlias) return BuiltinRegistry();
  if (added != nullptr) return OpenAdded(places, *added);
  if (IsUrl(where)) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("{} is not the URL of a registry that was added", MaskUrl(where)),
                 "`zoo registry add ALIAS URL` fetches and remembers it"};
  }
  std::error_code ignored;
  if (!IsPath(where) && !std::filesystem::exists(where, ignored)) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("no registry goes by {}, and there is no such file", Quote(where)),
                 "name a registry file, a folder with a zoo.json, builtin, or one of `zoo registry "
                 "list`"};
  }
  return ReadRegistry(where);
}

}  // namespace

Result<RegistrySet> RegistriesInForce(std::vector<std::string> wanted) {
  const RegistryPlaces places = RegistryPlaces::FromEnvironment();
  AddedOnDemand added(places);
  wanted = OrOfEnvironment(std::move(wanted));
  if (wanted.empty()) {
    ZOO_ASSIGN_OR_RETURN(const std::vector<AddedRegistry>* all, added.All());
    for (const AddedRegistry& registry : *all) wanted.push_back(registry.alias);
    wanted.emplace_back(kBuiltinAlias);
  }
  RegistrySet set;
  for (const std::string& where : wanted) {
    ZOO_ASSIGN_OR_RETURN(const AddedRegistry* found, added.Find(where));
    ZOO_ASSIGN_OR_RETURN(Registry registry, OpenRegistry(where, found, places));
    for (const Registry& other : set.registries()) {
      if (other.alias() != registry.alias()) continue;
      return Error{ErrorCode::kUsage,
                   fmt::format("two registries go by the name {}; the second is {}",
                               registry.alias(), Quote(where)),
                   "rename one of the files"};
    }
    set.Add(std::move(registry));
  }
  return set;
}

Result<std::vector<AddedRegistry>> AddedInForce(std::vector<std::string> wanted) {
  const RegistryPlaces places = RegistryPlaces::FromEnvironment();
  wanted = OrOfEnvironment(std::move(wanted));
  if (wanted.empty()) return ReadAdded(places);
  AddedOnDemand added(places);
  std::vector<AddedRegistry> in_force;
  for (const std::string& where : wanted) {
    ZOO_ASSIGN_OR_RETURN(const AddedRegistry* found, added.Find(where));
    if (found != nullptr) in_force.push_back(*found);
  }
  return in_force;
}

}  // namespace zoo
