#include "zoo/loader/environment.h"

#include <cstdlib>
#include <string_view>

#include "zoo/fetcher/mirror.h"

namespace zoo {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

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
