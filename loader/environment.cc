#include "zoo/loader/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/fetcher/mirror.h"
#include "zoo/registry/read.h"

namespace zoo {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<Registry> OpenRegistry(std::string_view where) {
  if (where == "builtin") return BuiltinRegistry();
  if (where.find("://") != where.npos) {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("ZOO_REGISTRY names {}, and registries are not fetched yet", MaskUrl(where)),
        "download it and name the file"};
  }
  return ReadRegistry(where);
}

}  // namespace

Result<RegistrySet> RegistriesFromEnvironment() {
  RegistrySet set;
  std::string_view rest = Variable("ZOO_REGISTRY");
  if (rest.empty()) set.Add(BuiltinRegistry());
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    if (end > 0) {
      ZOO_ASSIGN_OR_RETURN(Registry registry, OpenRegistry(rest.substr(0, end)));
      set.Add(std::move(registry));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return set;
}

Result<PullOptions> WithEnvironment(PullOptions options) {
  const std::string_view offline = Variable("ZOO_OFFLINE"), python = Variable("ZOO_PYTHON");
  options.offline = options.offline || (!offline.empty() && offline != "0");
  if (options.mirrors.empty()) {
    ZOO_ASSIGN_OR_RETURN(options.mirrors, ParseMirrors(Variable("ZOO_MIRROR")));
  }
  if (options.python == PullOptions().python && !python.empty()) options.python = python;
  return options;
}

}  // namespace zoo
