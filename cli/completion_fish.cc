#include "zoo/cli/completion_fish.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "zoo/cli/completion_rows.h"

namespace zoo::cli {
namespace {

std::string FishAction(Takes takes, std::span<const Command> commands) {
  switch (takes) {
    case Takes::kFiles:
      return " -F";
    case Takes::kFolders:
      return " -a '(__fish_complete_directories)'";
    case Takes::kShells:
      return " -a 'bash zsh fish'";
    case Takes::kTopics:
      return fmt::format(" -a '{}'", TopicWords(commands));
    default:
      break;
  }
  const std::string_view query = QueryFor(takes);
  if (query.empty()) return "";
  return fmt::format("{} -a '(zoo completion {} 2> /dev/null)'",
                     takes == Takes::kNamesAndFiles ? " -F" : "", query);
}

std::string FishValue(const DescribedOption& option, std::span<const Command> commands) {
  const Takes takes = TakesOf(option);
  if (takes == Takes::kWords) return fmt::format(" -a '{}'", JoinWords(option));
  return FishAction(takes, commands);
}

std::string FishQuoted(std::string_view text) {
  return fmt::format("'{}'", Backslashed(text, "'\\"));
}

std::string FishIf(std::string_view command) {
  return fmt::format("complete -c zoo -n '__zoo_command_is {}'",
                     Backslashed(FishQuoted(command), "'"));
}

std::string FishRow(const CompletionRow& row, std::span<const Command> commands) {
  std::string out;
  for (const DescribedOption& option : row.options) {
    out += FishIf(row.name);
    for (const std::string& name : option.names) {
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    if (!option.value.empty()) out += " -r" + FishValue(option, commands);
    out += fmt::format(" -d {}\n", FishQuoted(option.description));
  }
  std::string argument = FishAction(row.argument, commands);
  return argument.empty() ? out : out + FishIf(row.name) + argument + '\n';
}

constexpr std::string_view kFishStart =
    R"_(# fish completion of zoo, made by `zoo completion fish`.
function __zoo_command_is
    set -l command
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case {0}
                set skip 1
            case '-*'
            case '*'
                set -a command $word
                contains -- "$command" {1}; or break
        end
    end
    test "$command" = $argv[1]
end
complete -c zoo -f
)_";

}  // namespace

std::string FormatFish(std::span<const Command> commands) {
  std::string out = fmt::format(kFishStart, CommonWithValue(" "), JoinGroups(commands, " "));
  std::vector<std::string> groups = Groups(commands);
  groups.insert(groups.begin(), "");
  for (const std::string& group : groups) {
    for (const CompletionWord& word : NextWords(group, commands)) {
      out += fmt::format("{} -a {} -d {}\n", FishIf(group), word.word, FishQuoted(word.summary));
    }
  }
  for (const CompletionRow& row : CompletionRows(commands)) out += FishRow(row, commands);
  return out;
}

}  // namespace zoo::cli
