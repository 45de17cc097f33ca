#include "zoo/cli/completion_bash.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "zoo/cli/completion_rows.h"

namespace zoo::cli {
namespace {

std::string_view BashTakes(Takes takes) {
  switch (takes) {
    case Takes::kFiles:
      return "files";
    case Takes::kFolders:
      return "folders";
    case Takes::kShells:
      return "shells";
    case Takes::kTopics:
      return "topics";
    case Takes::kWords:
      return "words";
    default:
      break;
  }
  // With names and files, files are what bash offers when no name fits.
  const std::string_view query = QueryFor(takes);
  return query.empty() ? "nothing" : query;
}

std::string BashValue(const DescribedOption& option) {
  const Takes takes = TakesOf(option);
  if (takes != Takes::kWords) return fmt::format("takes={}", BashTakes(takes));
  return fmt::format("takes=words choices={}", ShellQuoted(JoinWords(option)));
}

std::string BashQueries() {
  std::string words;
  for (const Query& query : Queries()) {
    if (words.ends_with(query.word)) continue;
    words += (words.empty() ? "" : "|") + std::string(query.word);
  }
  return words;
}

std::string BashCase(const CompletionRow& row) {
  std::string options, values;
  for (const DescribedOption& option : row.options) {
    std::string pattern;
    for (const std::string& name : option.names) {
      options += (options.empty() ? "" : " ") + name;
      pattern += (pattern.empty() ? "" : "|") + name;
    }
    if (option.value.empty()) continue;
    values += fmt::format("        {}) {} ;;\n", pattern, BashValue(option));
  }
  return fmt::format(
      "    {})\n      options={} takes={}\n      case $previous in\n{}      esac ;;\n",
      ShellQuoted(row.name), ShellQuoted(options), BashTakes(row.argument), values);
}

std::string BashGroupCase(std::string_view group, std::span<const Command> commands) {
  std::string words;
  for (const CompletionWord& word : NextWords(group, commands)) {
    words += (words.empty() ? "" : " ") + word.word;
  }
  return fmt::format("    {}) choices={} ;;\n", ShellQuoted(group), ShellQuoted(words));
}

// The line is parted at blanks here because bash parts it at colons too, which names contain.
constexpr std::string_view kBashStart = R"_(# bash completion of zoo, made by `zoo completion bash`.
_zoo() {{
  local line=${{COMP_LINE:0:COMP_POINT}} words current previous command= options= takes= choices= skip= word
  read -ra words <<< "$line"
  current=${{line##*[[:blank:]]}}
  [[ -n $current ]] && unset 'words[-1]'
  previous=${{words[-1]}}
  for word in "${{words[@]:1}}"; do
    if [[ $skip ]]; then skip=; continue; fi
    case $word in
      {0}) skip=1 ;;
      -*) ;;
      *)
        command+=${{command:+ }}$word
        case $command in {1}) ;; *) break ;; esac ;;
    esac
  done
  case $command in
)_";

constexpr std::string_view kBashEnd = R"_(  esac
  if [[ $current == -* ]]; then
    choices=${{options:-{0}}}
  else
    case $takes in
      {2}) choices=$(zoo completion "$takes" 2> /dev/null) ;;
      shells) choices='bash zsh fish' ;;
      topics) choices='{1}' ;;
    esac
  fi
  if [[ $takes == folders ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("${{COMPREPLY[@]#"${{current%:*}}:"}}")
  fi
}}
complete -o bashdefault -o default -F _zoo zoo
)_";

}  // namespace

std::string FormatBash(std::span<const Command> commands) {
  std::string common;
  for (const DescribedOption& option : CommonRows()) {
    common += (common.empty() ? "" : " ") + option.names.back();
  }
  std::string out = fmt::format(kBashStart, CommonWithValue("|"), JoinGroups(commands, "|"));
  out += BashGroupCase("", commands);
  for (const std::string& group : Groups(commands)) out += BashGroupCase(group, commands);
  for (const CompletionRow& row : CompletionRows(commands)) out += BashCase(row);
  return out + fmt::format(kBashEnd, common, TopicWords(commands), BashQueries());
}

}  // namespace zoo::cli
