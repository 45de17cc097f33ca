#include "zoo/registry/in_force.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/registry/read.h"

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

Result<Registry> OpenRegistry(const std::string& where) {
  if (where == "builtin") return BuiltinRegistry();
  if (where.find("://") != std::string::npos) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{} is a URL, and registries are not fetched yet", MaskUrl(where)),
                 "download it and name the file, or a folder with its zoo.json"};
  }
  std::error_code ignored;
  if (where.find('/') == std::string::npos && !std::filesystem::exists(where, ignored)) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("no registry goes by {}, and there is no such file", Quote(where)),
                 "name a registry file, a folder with a zoo.json, or builtin"};
  }
  return ReadRegistry(where);
}

}  // namespace

Result<RegistrySet> RegistriesInForce(std::vector<std::string> wanted) {
  const char* variable = std::getenv("ZOO_REGISTRY");
  if (wanted.empty() && variable != nullptr) wanted = SplitAtCommas(variable);
  if (wanted.empty()) wanted = {"builtin"};
  RegistrySet set;
  for (const std::string& where : wanted) {
    ZOO_ASSIGN_OR_RETURN(Registry registry, OpenRegistry(where));
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

}  // namespace zoo
