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

// Commands whose name begins with the group's: "cache" -> "cache list" ...
std::vector<Command> Members(const std::string& group, std::span<const Command> commands) {
  std::vector<Command> members;
  for (const Command& command : commands) {
    if (command.name.starts_with(group + " ")) members.push_back(command);
  }
  return members;
}

Result<std::string> Explain(const std::string& topic, std::span<const Command> commands,
                            int columns) {
  if (topic.empty()) return FormatOverview(commands, columns);
  if (const Command* command = FindCommand(topic, commands); command != nullptr) {
    return FormatCommandHelp(*command, columns);
  }
  if (const Topic* found = FindTopic(topic); found != nullptr) return FormatTopic(*found, columns);
  std::vector<Command> members = Members(topic, commands);
  if (!members.empty()) return FormatOverview(members, columns);
  return NoSuchCommand(topic, commands);
}

}  // namespace

Runner DefineHelp(CLI::App& app) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto man = std::make_shared<bool>(false);
  app.add_option("TOPIC", *words, "a command, exit-codes or environment");
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
