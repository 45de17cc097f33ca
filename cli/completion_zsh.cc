#include "zoo/cli/completion_zsh.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "zoo/cli/completion_rows.h"

namespace zoo::cli {
namespace {

std::string ZshAction(Takes takes, std::span<const Command> commands) {
  switch (takes) {
    case Takes::kNamesAndFiles:
      return "_zoo_names_and_files";
    case Takes::kFiles:
      return "_files";
    case Takes::kFolders:
      return "_files -/";
    case Takes::kShells:
      return "(bash zsh fish)";
    case Takes::kTopics:
      return fmt::format("({})", TopicWords(commands));
    default:
      break;
  }
  const std::string_view query = QueryFor(takes);
  return query.empty() ? " " : fmt::format("_zoo_{}", query);
}

std::string ZshValue(const DescribedOption& option, std::span<const Command> commands) {
  const Takes takes = TakesOf(option);
  return takes == Takes::kWords ? fmt::format("({})", JoinWords(option))
                                : ZshAction(takes, commands);
}

// A function for what a script asks for.
std::string ZshQueries() {
  std::string out;
  for (const Query& query : Queries()) {
    if (query.takes == Takes::kNamesAndFiles) continue;
    out += fmt::format(
        "_zoo_{0}() {{\n  local -a found\n"
        "  found=(${{(f)\"$(zoo completion {0} 2> /dev/null)\"}})\n  compadd -a found\n}}\n",
        query.word);
  }
  return out;
}

std::string ZshOption(const DescribedOption& option, std::span<const Command> commands) {
  std::string out;
  for (const std::string& name : option.names) {
    std::string spec = fmt::format("*{}[{}]", name, Backslashed(option.description, "[]\\"));
    if (!option.value.empty()) {
      spec += fmt::format(":{}:{}", Backslashed(option.value, ":"), ZshValue(option, commands));
    }
    out += fmt::format(" \\\n        {}", ShellQuoted(spec));
  }
  return out;
}

std::string ZshCase(const CompletionRow& row, std::span<const Command> commands) {
  std::string out = fmt::format("    {})\n      _arguments", ShellQuoted(row.name));
  for (const DescribedOption& option : row.options) out += ZshOption(option, commands);
  if (!row.argument_name.empty()) {
    out += fmt::format(
        " \\\n        {}",
        ShellQuoted(fmt::format("*:{}:{}", row.argument_name, ZshAction(row.argument, commands))));
  }
  return out + " ;;\n";
}

std::string ZshGroupCase(std::string_view group, std::span<const Command> commands) {
  std::string out = fmt::format("    {})\n      choices=(", ShellQuoted(group));
  for (const CompletionWord& word : NextWords(group, commands)) {
    out +=
        fmt::format("\n        {}",
                    ShellQuoted(fmt::format("{}:{}", word.word, Backslashed(word.summary, ":"))));
  }
  return out + ")\n      _describe command choices ;;\n";
}

constexpr std::string_view kZshStart = R"_(#compdef zoo
# zsh completion of zoo, made by `zoo completion zsh`.
{2}_zoo_names_and_files() {{
  _alternative 'names:weights:_zoo_names' 'files:file:_files'
}}
_zoo() {{
  local word command=
  local -i next=2 skip=0
  local -a choices
  for word in ${{words[2,CURRENT-1]}}; do
    (( ++next ))
    if (( skip )); then skip=0; continue; fi
    case $word in
      {0}) skip=1 ;;
      -*) ;;
      *)
        command+=${{command:+ }}$word
        case $command in {1}) ;; *) break ;; esac ;;
    esac
  done
  words=(zoo "${{(@)words[next,-1]}}")
  (( CURRENT -= next - 2 ))
  case $command in
)_";

constexpr std::string_view kZshEnd = R"_(  esac
}
if [[ $funcstack[1] == _zoo ]]; then _zoo "$@"; else compdef _zoo zoo; fi
)_";

}  // namespace

std::string FormatZsh(std::span<const Command> commands) {
  std::string out =
      fmt::format(kZshStart, CommonWithValue("|"), JoinGroups(commands, "|"), ZshQueries());
  out += ZshGroupCase("", commands);
  for (const std::string& group : Groups(commands)) out += ZshGroupCase(group, commands);
  for (const CompletionRow& row : CompletionRows(commands)) out += ZshCase(row, commands);
  return out.append(kZshEnd);
}

}  // namespace zoo::cli
