#include "zoo/cli/described_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <string_view>

#include "zoo/cli/option_values.h"
#include "zoo/cli/parse.h"

namespace zoo::cli {
namespace {

DescribedOption DescribeOption(const CLI::Option& option) {
  DescribedOption described{.description = option.get_description()};
  described.positional = option.get_positional();
  described.repeated = option.get_items_expected_max() > 1;
  if (described.positional) {
    described.names = {option.get_name(true)};
    described.term = described.names[0] + (described.repeated ? "..." : "");
  } else {
    for (const std::string& name : option.get_snames()) described.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) described.names.push_back("--" + name);
    described.value = ValueName(option);
    described.words = WordsOf(option);
    for (const std::string& name : described.names) {
      described.term += (described.term.empty() ? "" : ", ") + name;
    }
    const bool optional = option.get_items_expected_min() == 0;
    if (!described.value.empty()) {
      described.term += optional ? fmt::format(" [{}]", described.value) : " " + described.value;
    }
  }
  if (!option.get_default_str().empty()) {
    described.description += fmt::format(" (default: {})", option.get_default_str());
  }
  return described;
}

}  // namespace

DescribedCommand Describe(const Command& command) {
  DescribedCommand described{.sentence = std::string(command.summary)};
  if (!described.sentence.empty()) {
    char& first = described.sentence[0];
    first = static_cast<char>(std::toupper(static_cast<unsigned char>(first)));
  }
  CLI::App app;
  app.set_help_flag();
  if (command.define == nullptr) {
    described.usage = fmt::format("zoo {} [options] ...", command.name);
    return described;
  }
  Runner unused = command.define(app);
  described.usage = UsageOf(command, app);
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) described.options.push_back(DescribeOption(*option));
  }
  return described;
}

}  // namespace zoo::cli
