#include "zoo/cli/parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/cli/common_options.h"

namespace zoo::cli {
namespace {

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// The word that no option and no positional took.
Error Unexpected(const Command& command, const CLI::App& app, const std::string& word,
                 const std::string& usage) {
  if (word.size() < 2 || word[0] != '-') {
    return Error{ErrorCode::kUsage,
                 fmt::format("`zoo {}` takes no argument {}", command.name, Quote(word)), usage};
  }
  std::string option = word.substr(0, word.find('='));
  std::optional<std::string> nearest = Nearest(option, OptionNames(app));
  return Error{ErrorCode::kUsage,
               fmt::format("`zoo {}` has no option {}", command.name, Quote(option)),
               nearest ? fmt::format("did you mean {}? {}", *nearest, usage) : usage};
}

// The argument that is required and was not given.
const CLI::Option* Missing(const CLI::App& app) {
  auto options = app.get_options();
  auto missing = std::find_if(options.begin(), options.end(), [](const CLI::Option* option) {
    return option->get_required() && option->count() == 0;
  });
  return missing == options.end() ? nullptr : *missing;
}

std::string_view KindOf(const CLI::Option& option) {
  std::string type = option.get_type_name();
  if (type.find("UINT") != std::string::npos) return "a whole number that is not negative";
  if (type.find("INT") != std::string::npos) return "a whole number";
  return "a number";
}

// "Could not convert: --top = ten" and "...: --top = [ten,five]".
std::optional<std::string> BadValue(const CLI::App& app, const CLI::ParseError& error) {
  std::string_view text = error.what();
  size_t colon = text.find(": "), equals = text.find(" = ");
  if (colon == std::string_view::npos || equals == std::string_view::npos || equals < colon)
    return {};
  std::string name(text.substr(colon + 2, equals - colon - 2));
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option == nullptr) return {};
  return fmt::format("{} must be {}, not {}", name, KindOf(*option),
                     Quote(text.substr(equals + 3)));
}

std::string InOurWords(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    if (const CLI::Option* missing = Missing(app); missing != nullptr) {
      return "needs " + missing->get_name();
    }
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    if (auto text = BadValue(app, error)) return "cannot take this value: " + *text;
  }
  return "cannot take this: " + Escape(error.what());
}

Error Translate(const Command& command, const CLI::App& app, const CLI::ParseError& error,
                const std::string& usage) {
  // What CLI11 left over is nearer to the cause than what it then found missing.
  std::vector<std::string> left = app.remaining();
  if (!left.empty()) return Unexpected(command, app, left.front(), usage);
  return Error{ErrorCode::kUsage, fmt::format("`zoo {}` {}", command.name, InOurWords(app, error)),
               usage};
}

}  // namespace

Result<ParsedCommand> ParseCommand(const Command& command,
                                   const std::vector<std::string>& arguments) {
  ParsedCommand parsed;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  parsed.run = command.define(app);
  AddCommonOptions(app, parsed.options);
  std::string usage = "usage: " + UsageOf(command, app);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return Translate(command, app, error, usage);
  }
  std::vector<std::string> left = app.remaining();
  if (!left.empty()) return Unexpected(command, app, left.front(), usage);
  return parsed;
}

std::string UsageOf(const Command& command, const CLI::App& app) {
  std::string usage = fmt::format("zoo {} [options]", command.name);
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) {
      if (option->get_required()) {
        usage += fmt::format(" {} {}", option->get_name(), option->get_type_name());
      }
      continue;
    }
    std::string word = option->get_name(true);
    if (option->get_items_expected_max() > 1) word += "...";
    usage += option->get_required() ? " " + word : " [" + word + "]";
  }
  return usage;
}

}  // namespace zoo::cli
