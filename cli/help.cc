#include "zoo/cli/help.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "zoo/cli/common_options.h"
#include "zoo/cli/described_command.h"
#include "zoo/cli/layout.h"

namespace zoo::cli {
namespace {

constexpr int kHang = 4;

std::string Usage(std::string_view usage, int columns) {
  return Wrap(fmt::format("usage: {}", usage), {.columns = columns, .indent = kHang});
}

std::string Section(std::string_view title, std::span<const Definition> definitions, int columns) {
  if (definitions.empty()) return "";
  return fmt::format("\n{}:\n{}", title, FormatDefinitions(definitions, columns));
}

std::vector<Definition> CommonDefinitions() {
  std::vector<Definition> rows;
  for (const CommonOption& option : CommonOptionTable()) {
    rows.push_back(
        {fmt::format("{}{}{}", option.name, option.value.empty() ? "" : " ", option.value),
         std::string(option.description)});
  }
  rows.push_back({"-h, --help", "explain the command"});
  return rows;
}

// The commands whose name begins with `start`, with their summaries.
std::vector<Definition> Summaries(std::string_view start, std::span<const Command> commands) {
  std::vector<Definition> rows;
  for (const Command& command : commands) {
    if (!command.name.starts_with(start)) continue;
    rows.push_back({std::string(command.name), std::string(command.summary)});
  }
  return rows;
}

}  // namespace

std::string FormatOverview(std::span<const Command> commands, int columns) {
  std::vector<Definition> rows = Summaries("", commands), topics;
  for (const Topic& topic : Topics()) {
    topics.push_back({"help " + std::string(topic.name), std::string(topic.summary)});
  }
  std::string out = Usage("zoo COMMAND [options] ...", columns);
  out += '\n' + Wrap("Trained weights of models: found, downloaded, verified, looked into, run.",
                     {.columns = columns});
  out += Section("commands", rows, columns) + Section("topics", topics, columns);
  out += Section("options of every command", CommonDefinitions(), columns);
  out += '\n' + Wrap("`zoo help COMMAND` explains a command.", {.columns = columns});
  return out;
}

std::string FormatGroup(std::string_view group, std::span<const Command> commands, int columns) {
  std::vector<Definition> rows = Summaries(fmt::format("{} ", group), commands);
  if (rows.empty()) return "";
  return Usage(fmt::format("zoo {} COMMAND [options] ...", group), columns) +
         Section("commands", rows, columns);
}

std::string FormatCommandHelp(const Command& command, int columns) {
  DescribedCommand described = Describe(command);
  std::string out = Usage(described.usage, columns);
  out += '\n' + Wrap(fmt::format("{}.", described.sentence), {.columns = columns});
  out += '\n' + WrapParagraphs(command.details, columns);
  std::vector<Definition> arguments, options;
  for (const DescribedOption& option : described.options) {
    (option.positional ? arguments : options).push_back({option.term, option.description});
  }
  if (command.define == nullptr) {
    out += '\n' + Wrap("Its options are explained by zoo-run, which is not beside this zoo.",
                       {.columns = columns});
  }
  out += Section("arguments", arguments, columns) + Section("options", options, columns);
  return out + Section("options of every command", CommonDefinitions(), columns);
}

std::string FormatTopic(const Topic& topic, int columns) {
  return Wrap(topic.before, {.columns = columns}) + '\n' +
         FormatDefinitions(topic.definitions, columns);
}

}  // namespace zoo::cli
