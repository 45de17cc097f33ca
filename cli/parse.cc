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
#include "zoo/cli/option_values.h"

namespace zoo::cli {
namespace {

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// The words that no option and no positional took.
std::vector<std::string> Left(const CLI::App& app) {
  std::vector<std::string> left = app.remaining();
  std::erase(left, "--");
  return left;
}

Error Unexpected(const Command& command, const CLI::App& app, const std::string& word,
                 const std::string& usage) {
  // An option of that name stands behind "--", where there are none.
  const std::vector<std::string> names = OptionNames(app);
  const bool behind = std::ranges::find(names, word.substr(0, word.find('='))) != names.end();
  if (word.size() < 2 || word[0] != '-' || behind) {
    return Error{ErrorCode::kUsage,
                 fmt::format("`zoo {}` takes no argument {}", command.name, Quote(word)), usage};
  }
  std::string option = word.substr(0, word.find('='));
  std::optional<std::string> nearest = Nearest(option, names);
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

// What CLI11 says of an option, parted at `middle`; nothing if it does not say that.
struct Parted {
  std::string before, after;
};
std::optional<Parted> PartAt(std::string_view text, std::string_view middle) {
  size_t at = text.find(middle);
  if (at == std::string_view::npos) return std::nullopt;
  return Parted{std::string(text.substr(0, at)), std::string(text.substr(at + middle.size()))};
}

// Each of these recognises one kind of CLI11's sentences, given above it, and says it in our words.
using Translator = std::optional<std::string> (*)(const CLI::App& app, std::string_view text);

// "--cache: 1 required DIR missing"
std::optional<std::string> NoValue(const CLI::App& app, std::string_view text) {
  auto parts = PartAt(text, ": 1 required ");
  const CLI::Option* option = parts ? app.get_option_no_throw(parts->before) : nullptr;
  if (option == nullptr) return std::nullopt;
  return fmt::format("needs a value: {} {}", parts->before, ValueName(*option));
}

// "--top: At Most 1 required but received 2"
std::optional<std::string> TooOften(const CLI::App&, std::string_view text) {
  auto parts = PartAt(text, ": At Most 1 required");
  if (!parts) return std::nullopt;
  return fmt::format("takes {} only once", parts->before);
}

// "Could not convert: --top = ten"
std::optional<std::string> BadValue(const CLI::App& app, std::string_view text) {
  auto parts = PartAt(text, "Could not convert: ");
  if (parts) parts = PartAt(parts->after, " = ");
  const CLI::Option* option = parts ? app.get_option_no_throw(parts->before) : nullptr;
  if (option == nullptr) return std::nullopt;
  return fmt::format("cannot take {} for {} {}", Quote(parts->after), parts->before,
                     ValueName(*option));
}

// "--force excludes --to"
std::optional<std::string> Excluded(const CLI::App&, std::string_view text) {
  auto parts = PartAt(text, " excludes ");
  if (!parts) return std::nullopt;
  return fmt::format("cannot take {} and {} together", parts->before, parts->after);
}

// "--member requires --wheel"
std::optional<std::string> Incomplete(const CLI::App&, std::string_view text) {
  auto parts = PartAt(text, " requires ");
  if (!parts) return std::nullopt;
  return fmt::format("takes {} only with {}", parts->before, parts->after);
}

// "--batch: "0", only 1 to 1024", of option_values.h
std::optional<std::string> Refused(const CLI::App& app, std::string_view text) {
  auto parts = PartAt(text, ": ");
  if (!parts || app.get_option_no_throw(parts->before) == nullptr) return std::nullopt;
  if (parts->after.find(kOnly) == std::string::npos) return std::nullopt;
  return fmt::format("cannot take {} {}", parts->before, parts->after);
}

// "NAME is required"
std::optional<std::string> NotGiven(const CLI::App& app, std::string_view) {
  const CLI::Option* missing = Missing(app);
  if (missing == nullptr) return std::nullopt;
  return "needs " + missing->get_name();
}

constexpr Translator kTranslators[] = {NoValue,    TooOften, BadValue, Excluded,
                                       Incomplete, Refused,  NotGiven};

std::string InOurWords(const CLI::App& app, std::string_view text) {
  for (Translator translate : kTranslators) {
    if (auto ours = translate(app, text)) return *ours;
  }
  return "cannot take that: " + Escape(text);
}

Error Translate(const Command& command, const CLI::App& app, const CLI::ParseError& error,
                const std::string& usage) {
  // What CLI11 left over is nearer to the cause than what it then found missing.
  std::vector<std::string> left = Left(app);
  if (!left.empty()) return Unexpected(command, app, left.front(), usage);
  return Error{ErrorCode::kUsage,
               fmt::format("`zoo {}` {}", command.name, InOurWords(app, error.what())), usage};
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
  std::vector<std::string> left = Left(app);
  if (!left.empty()) return Unexpected(command, app, left.front(), usage);
  return parsed;
}

std::string UsageOf(const Command& command, const CLI::App& app) {
  std::string usage = fmt::format("zoo {} [options]", command.name);
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) {
      if (option->get_required()) {
        usage += fmt::format(" {} {}", option->get_name(), ValueName(*option));
      }
      continue;
    }
    std::string word = option->get_name(true);
    if (option->get_items_expected_max() > 1) word += "...";
    usage += option->get_required() ? " " + word : " [" + word + "]";
  }
  return usage;
}

std::string ValueName(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  std::string type = option.get_type_name();
  type = type.substr(0, type.find_first_of(":[{ "));
  if (type == "INT" || type == "UINT" || type == "FLOAT") return "N";
  return type.empty() ? "TEXT" : type;
}

}  // namespace zoo::cli
