#include "zoo/cli/completion_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "zoo/cli/common_options.h"
#include "zoo/cli/topics.h"

namespace zoo::cli {
namespace {

constexpr Query kQueries[] = {{Takes::kNames, "names"},
                              {Takes::kNamesAndFiles, "names"},
                              {Takes::kArchitectures, "architectures"},
                              {Takes::kFamilies, "families"},
                              {Takes::kRegistries, "registries"}};

}  // namespace

std::span<const Query> Queries() { return kQueries; }

std::string_view QueryFor(Takes takes) {
  const auto* row = std::ranges::find(kQueries, takes, &Query::takes);
  return row == std::end(kQueries) ? std::string_view() : row->word;
}

Takes TakesOf(std::string_view value) {
  bool names = value.find("NAME") != std::string_view::npos && value != "NAME=VALUE";
  bool files = value == "R";
  for (std::string_view word : {"FILE", "PHOTO", "PATH"}) {
    files = files || value.find(word) != std::string_view::npos;
  }
  // What `zoo diff A B` and `zoo convert IN OUT` take.
  if (value == "A" || value == "B" || value == "IN") return Takes::kNamesAndFiles;
  if (names) return files ? Takes::kNamesAndFiles : Takes::kNames;
  if (files) return Takes::kFiles;
  if (value == "DIR" || value == "FOLDER") return Takes::kFolders;
  if (value == "ARCHITECTURE") return Takes::kArchitectures;
  if (value == "FAMILY") return Takes::kFamilies;
  if (value == "ALIAS") return Takes::kRegistries;
  if (value == "SHELL") return Takes::kShells;
  if (value == "TOPIC") return Takes::kTopics;
  return Takes::kNothing;
}

Takes TakesOf(const DescribedOption& option) {
  return option.words.empty() ? TakesOf(option.value) : Takes::kWords;
}

std::vector<DescribedOption> CommonRows() {
  std::vector<DescribedOption> rows;
  for (const CommonOption& option : CommonOptionTable()) {
    DescribedOption row;
    row.names = {std::string(option.name)};
    row.value = option.value;
    row.description = option.description;
    rows.push_back(std::move(row));
  }
  DescribedOption help;
  help.names = {"-h", "--help"};
  help.description = "explain the command";
  rows.push_back(std::move(help));
  return rows;
}

namespace {

CompletionRow RowOf(const Command& command) {
  CompletionRow row;
  row.name = command.name;
  for (DescribedOption& option : Describe(command).options) {
    if (!option.positional) {
      row.options.push_back(std::move(option));
    } else if (row.argument_name.empty() || row.argument == Takes::kRegistries) {
      // An alias that something else follows is a new one.
      row.argument_name = option.names[0];
      row.argument = TakesOf(row.argument_name);
    }
  }
  std::ranges::move(CommonRows(), std::back_inserter(row.options));
  return row;
}

}  // namespace

std::vector<CompletionRow> CompletionRows(std::span<const Command> commands) {
  std::vector<CompletionRow> rows;
  for (const Command& command : commands) rows.push_back(RowOf(command));
  return rows;
}

std::vector<std::string> Groups(std::span<const Command> commands) {
  std::vector<std::string> groups;
  for (const Command& command : commands) {
    size_t blank = command.name.find(' ');
    if (blank == std::string_view::npos) continue;
    std::string group(command.name.substr(0, blank));
    if (std::ranges::find(groups, group) == groups.end()) groups.push_back(std::move(group));
  }
  return groups;
}

std::vector<CompletionWord> NextWords(std::string_view group, std::span<const Command> commands) {
  std::vector<CompletionWord> words;
  std::string before = group.empty() ? "" : fmt::format("{} ", group);
  for (const Command& command : commands) {
    if (!command.name.starts_with(before)) continue;
    std::string_view rest = command.name.substr(before.size());
    size_t blank = rest.find(' ');
    std::string word(rest.substr(0, blank));
    if (!words.empty() && words.back().word == word) continue;
    words.push_back({word, blank == std::string_view::npos ? std::string(command.summary)
                                                           : "more commands: " + word});
  }
  return words;
}

std::string TopicWords(std::span<const Command> commands) {
  std::string words;
  for (const CompletionWord& word : NextWords("", commands)) words += word.word + ' ';
  for (const Topic& topic : Topics()) words.append(topic.name) += ' ';
  words.pop_back();
  return words;
}

std::string CommonWithValue(std::string_view separator) {
  std::string names;
  for (const CommonOption& option : CommonOptionTable()) {
    if (option.value.empty()) continue;
    names.append(names.empty() ? "" : separator).append(option.name);
  }
  return names;
}

std::string JoinGroups(std::span<const Command> commands, std::string_view separator) {
  std::string out;
  for (const std::string& group : Groups(commands)) {
    out.append(out.empty() ? "" : separator).append(group);
  }
  return out;
}

std::string Backslashed(std::string_view text, std::string_view special) {
  std::string out;
  for (char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string JoinWords(const DescribedOption& option) {
  return fmt::format("{}", fmt::join(option.words, " "));
}

std::string ShellQuoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace zoo::cli
