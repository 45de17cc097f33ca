#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/listed.h"
#include "zoo/cli/registry_refresh.h"
#include "zoo/registry/select.h"

namespace zoo::cli {
namespace {

struct SearchArguments {
  std::vector<std::string> words;
  Refresh refresh = Refresh::kIfOld;
};

Result<int> Search(Context& context, const SearchArguments& arguments) {
  const std::vector<std::string>& words = arguments.words;
  ZOO_RETURN_IF_ERROR(RefreshAdded(context, arguments.refresh));
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
  auto arguments = std::make_shared<SearchArguments>();
  app.add_option("WORDS", arguments->words,
                 "parts of a name, an architecture, a licence or a benchmark")
      ->required();
  AddRefreshOption(app, arguments->refresh);
  return [arguments](Context& context) { return Search(context, *arguments); };
}

}  // namespace zoo::cli
