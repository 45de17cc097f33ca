#include "zoo/cli/common_options.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace zoo::cli {
namespace {

constexpr CommonOption kTable[] = {
    {"--json", "", "print one JSON document on standard output"},
    {"--quiet", "", "no progress and no remarks on standard error"},
    {"--offline", "", "make no network request"},
    {"--cache", "DIR", "the cache's folder, instead of ZOO_CACHE"},
    {"--registry", "R",
     "a registry file, a folder with a zoo.json, builtin, or the alias or URL of an added one; "
     "instead of ZOO_REGISTRY, the added ones and builtin; may be repeated"},
};

// The flag that a name of the table sets, or null if it takes a value.
bool* FlagOf(std::string_view name, CommonOptions& options) {
  if (name == "--json") return &options.json;
  if (name == "--quiet") return &options.quiet;
  if (name == "--offline") return &options.offline;
  return nullptr;
}

}  // namespace

std::span<const CommonOption> CommonOptionTable() { return kTable; }

void AddCommonOptions(CLI::App& app, CommonOptions& options) {
  for (const CommonOption& row : kTable) {
    std::string name(row.name), description(row.description);
    CLI::Option* option = nullptr;
    if (bool* flag = FlagOf(row.name, options); flag != nullptr) {
      option = app.add_flag(name, *flag, description);
    } else if (row.name == "--cache") {
      auto set = [&options](const std::string& folder) { options.cache = folder; };
      option = app.add_option_function<std::string>(name, set, description);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    } else {
      option = app.add_option(name, options.registries, description)->allow_extra_args(false);
    }
    if (!row.value.empty()) option->type_name(std::string(row.value));
    option->group(kCommonGroup);
  }
}

}  // namespace zoo::cli
