#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/listed.h"
#include "zoo/registry/select.h"

namespace zoo::cli {
namespace {

Result<int> Search(Context& context, const std::vector<std::string>& words) {
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  std::vector<const Entry*> found = Select(*registries, {.words = words}, Order::kName);
  if (found.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("nothing has {}", Quote(fmt::format("{}", fmt::join(words, " ")))),
                 fmt::format("`zoo list` shows all {}", registries->size())};
  }
  ZOO_ASSIGN_OR_RETURN(std::vector<Listed> listed, LookUp(context, found));
  return PrintListed(context, "zoo/search/1", listed, {});
}

}  // namespace

Runner DefineSearch(CLI::App& app) {
  auto words = std::make_shared<std::vector<std::string>>();
  app.add_option("WORDS", *words, "parts of a name, an architecture, a licence or a benchmark")
      ->required();
  return [words](Context& context) { return Search(context, *words); };
}

}  // namespace zoo::cli
