#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/completion.h"
#include "zoo/registry/added.h"
#include "zoo/registry/select.h"

namespace zoo::cli {
namespace {

template <typename Words>
std::string Lines(const Words& words) {
  std::string lines;
  for (const std::string& word : words) lines += word + '\n';
  return lines;
}

// What the scripts ask for when TAB is pressed, one a line.

// Every name of the registries in force.
Result<std::string> Names(Context& context) {
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  std::string names;
  for (const Registry& registry : registries->registries()) {
    for (const Entry& entry : registry.entries()) {
      Result<const Entry*> by_model = registry.Find({.model = entry.model});
      if (by_model && *by_model == &entry) names += entry.model + '\n';
      names += entry.name() + '\n';
    }
  }
  return names;
}

Result<std::string> Architectures(Context& context) {
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  std::set<std::string> names;
  for (const Registry& registry : registries->registries()) {
    for (const Entry& entry : registry.entries()) names.insert(entry.architecture.name);
  }
  return Lines(names);
}

Result<std::string> Families(Context& context) {
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  return Lines(FamiliesOf(*registries));
}

Result<std::string> AddedAliases(Context&) {
  ZOO_ASSIGN_OR_RETURN(const auto added, ReadAdded(RegistryPlaces::FromEnvironment()));
  std::vector<std::string> aliases;
  for (const AddedRegistry& registry : added) aliases.push_back(registry.alias);
  return Lines(aliases);
}

struct Answer {
  std::string_view query;  // of completion_rows.h
  Result<std::string> (*answer)(Context& context);
};
constexpr Answer kAnswers[] = {{"names", Names},
                               {"architectures", Architectures},
                               {"families", Families},
                               {"registries", AddedAliases}};

}  // namespace

Runner DefineCompletion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")->required();
  return [shell](Context& context) -> Result<int> {
    const auto* asked = std::ranges::find(kAnswers, *shell, &Answer::query);
    if (asked != std::end(kAnswers)) {
      ZOO_ASSIGN_OR_RETURN(const std::string lines, asked->answer(context));
      context.Print(lines);
      return 0;
    }
    const ShellCompletion* completion = FindShell(*shell);
    if (completion == nullptr) {
      return Error{ErrorCode::kUsage, "there is no completion for the shell " + Quote(*shell),
                   "bash, zsh and fish have one"};
    }
    context.Print(completion->format(context.program().commands));
    return 0;
  };
}

}  // namespace zoo::cli
