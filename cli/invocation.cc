#include "zoo/cli/invocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/cli/common_options.h"

namespace zoo::cli {
namespace {

// "cache" is the group of "cache list"; most names have none.
std::string_view GroupOf(std::string_view name) {
  size_t blank = name.find(' ');
  return blank == std::string_view::npos ? std::string_view() : name.substr(0, blank);
}

bool IsGroup(std::string_view word, std::span<const Command> commands) {
  return std::any_of(commands.begin(), commands.end(), [&](const Command& command) {
    return !word.empty() && GroupOf(command.name) == word;
  });
}

bool IsHelp(std::string_view word) { return word == "--help" || word == "-h"; }

bool AsksForHelp(std::span<const std::string> words) {
  auto end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end, IsHelp);
}

// A command found so far while the words are read.
struct Reader {
  std::span<const std::string> words;
  std::span<const Command> commands;
  size_t at = 0;
  std::string name;  // of the command, or of its group
  std::vector<std::string> arguments;
  bool help = false, version = false;

  // Reads one leading option.
  Status TakeOption() {
    const std::string& word = words[at++];
    std::string_view name = std::string_view(word).substr(0, word.find('='));
    bool asks_version = word == "--version" || word == "-V";
    help = help || IsHelp(word);
    version = version || asks_version;
    if (IsHelp(word) || asks_version) return {};
    auto table = CommonOptionTable();
    auto row = std::find_if(table.begin(), table.end(),
                            [&](const CommonOption& option) { return option.name == name; });
    if (row == table.end()) return NoSuchOption(name);
    arguments.push_back(word);
    if (row->value.empty() || name.size() < word.size()) return {};
    if (at == words.size()) {
      return Error{ErrorCode::kUsage, fmt::format("{} needs a value: {}", row->name, row->value),
                   ""};
    }
    arguments.push_back(words[at++]);
    return {};
  }

  Error NoSuchOption(std::string_view option) const {
    std::vector<std::string> known = {"--help", "--version"};
    for (const CommonOption& row : CommonOptionTable()) known.emplace_back(row.name);
    std::optional<std::string> nearest = Nearest(option, known);
    return Error{ErrorCode::kUsage, fmt::format("zoo has no option {}", Quote(option)),
                 nearest ? fmt::format("did you mean {}?", *nearest)
                         : "options of a command stand after its name"};
  }
};

Invocation HelpOnWhatWasRead(Reader reader) {
  Invocation invocation{FindCommand("help", reader.commands), std::move(reader.arguments)};
  if (!reader.name.empty()) invocation.arguments.push_back(std::move(reader.name));
  return invocation;
}

}  // namespace

Result<Invocation> ParseInvocation(std::span<const std::string> words,
                                   std::span<const Command> commands) {
  Reader reader{.words = words, .commands = commands};
  const Command* command = nullptr;
  while (command == nullptr && reader.at < words.size()) {
    const std::string& word = words[reader.at];
    if (word.size() > 1 && word[0] == '-') {
      ZOO_RETURN_IF_ERROR(reader.TakeOption());
      continue;
    }
    ++reader.at;
    bool in_group = !reader.name.empty();
    reader.name += (in_group ? " " : "") + word;
    command = FindCommand(reader.name, commands);
    if (command != nullptr) break;
    if (in_group || !IsGroup(word, commands)) return NoSuchCommand(reader.name, commands);
  }
  auto rest = words.subspan(reader.at);
  if (reader.help || AsksForHelp(rest)) return HelpOnWhatWasRead(std::move(reader));
  if (reader.version) {
    return Invocation{FindCommand("version", commands), std::move(reader.arguments)};
  }
  if (command == nullptr && !reader.name.empty()) return NoSuchCommand(reader.name, commands);
  reader.arguments.insert(reader.arguments.end(), rest.begin(), rest.end());
  return Invocation{command, std::move(reader.arguments)};
}

bool AsksForJson(std::span<const std::string> words) {
  auto end = std::find(words.begin(), words.end(), "--");
  return std::find(words.begin(), end, "--json") != end;
}

const Command* FindCommand(std::string_view name, std::span<const Command> commands) {
  auto row = std::find_if(commands.begin(), commands.end(),
                          [&](const Command& command) { return command.name == name; });
  return row == commands.end() ? nullptr : &*row;
}

Error NoSuchCommand(std::string_view name, std::span<const Command> commands) {
  if (IsGroup(name, commands)) {
    std::string members;
    for (const Command& command : commands) {
      if (GroupOf(command.name) != name) continue;
      members +=
          fmt::format("{}{}", members.empty() ? "" : ", ", command.name.substr(name.size() + 1));
    }
    return Error{ErrorCode::kUsage, fmt::format("`zoo {}` is not a whole command", name),
                 fmt::format("add one of: {}", members)};
  }
  std::vector<std::string> names;
  for (const Command& command : commands) names.emplace_back(command.name);
  std::optional<std::string> nearest = Nearest(name, names);
  return Error{ErrorCode::kUsage, fmt::format("there is no command {}", Quote(name)),
               nearest ? fmt::format("did you mean `zoo {}`? `zoo help` lists all", *nearest)
                       : "`zoo help` lists the commands"};
}

}  // namespace zoo::cli
