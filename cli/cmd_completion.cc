#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/completion.h"

namespace zoo::cli {
namespace {

// What the scripts ask for when TAB is pressed: every name of the registries in force, one a line.
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

}  // namespace

Runner DefineCompletion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")->required();
  return [shell](Context& context) -> Result<int> {
    if (*shell == "names") {
      ZOO_ASSIGN_OR_RETURN(std::string names, Names(context));
      context.Print(names);
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
