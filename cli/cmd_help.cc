#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/help.h"
#include "zoo/cli/invocation.h"
#include "zoo/cli/man_page.h"
#include "zoo/cli/topics.h"

namespace zoo::cli {
namespace {

Result<std::string> Explain(const std::string& topic, std::span<const Command> commands,
                            int columns) {
  if (topic.empty()) return FormatOverview(commands, columns);
  if (const Command* command = FindCommand(topic, commands); command != nullptr) {
    return FormatCommandHelp(*command, columns);
  }
  if (const Topic* found = FindTopic(topic); found != nullptr) return FormatTopic(*found, columns);
  std::string group = FormatGroup(topic, commands, columns);
  if (!group.empty()) return group;
  return NoSuchCommand(topic, commands);
}

}  // namespace

Runner DefineHelp(CLI::App& app) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto man = std::make_shared<bool>(false);
  app.add_option("TOPIC", *words, "a command, exit-codes, environment or limits");
  app.add_flag("--man", *man, "print the manual page instead, in the form that man reads");
  return [words, man](Context& context) -> Result<int> {
    std::string topic;
    for (const std::string& word : *words) topic += (topic.empty() ? "" : " ") + word;
    std::span<const Command> commands = context.program().commands;
    if (*man) {
      context.Print(FormatManPage(commands));
      return 0;
    }
    ZOO_ASSIGN_OR_RETURN(std::string text, Explain(topic, commands, context.terminal().columns()));
    if (context.json()) {
      context.PrintJson(Json::Object{{"schema", "zoo/help/1"}, {"topic", topic}, {"text", text}});
    } else {
      context.Print(text);
    }
    return 0;
  };
}

}  // namespace zoo::cli
