// class NAME(Module):
//   __parameters__ = ["weight", "bias", ]
//   __buffers__ = []
//   weight : Tensor
//   def forward(...
#include "zoo/checkpoint/script_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace zoo {
namespace {

// Takes `prefix` off the front of `text` if it is there.
bool Take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// What stands behind a backslash in a quoted string: a letter, or the byte in octal.
std::optional<char> TakeEscape(std::string_view& text) {
  static constexpr std::string_view kLetters = "abfnrtv\\\"'", kMeant = "\a\b\f\n\r\t\v\\\"'";
  if (text.empty()) return std::nullopt;
  if (size_t at = kLetters.find(text[0]); at != std::string_view::npos) {
    text.remove_prefix(1);
    return kMeant[at];
  }
  int value = 0;
  for (int digit = 0; digit < 3; ++digit) {
    if (text.empty() || text[0] < '0' || text[0] > '7') return std::nullopt;
    value = value * 8 + (text[0] - '0');
    text.remove_prefix(1);
  }
  return value < 256 ? std::optional<char>(static_cast<char>(value)) : std::nullopt;
}

std::optional<std::string> TakeQuoted(std::string_view& text) {
  if (!Take(text, "\"")) return std::nullopt;
  std::string out;
  while (!Take(text, "\"")) {
    if (text.empty()) return std::nullopt;
    std::optional<char> c = text[0];
    text.remove_prefix(1);
    if (c == '\\') c = TakeEscape(text);
    if (!c) return std::nullopt;
    out += *c;
  }
  return out;
}

// ["weight", "bias", ]
std::optional<NameSet> ParseNames(std::string_view text) {
  NameSet names;
  if (!Take(text, "[")) return std::nullopt;
  while (!Take(text, "]")) {
    auto name = TakeQuoted(text);
    if (!name || !Take(text, ", ")) return std::nullopt;
    names.insert(*std::move(name));
  }
  if (!text.empty()) return std::nullopt;
  return names;
}

struct List {
  std::string_view name;
  std::optional<NameSet> ScriptClass::*field;
};
constexpr List kLists[] = {{"__parameters__", &ScriptClass::parameters},
                           {"__buffers__", &ScriptClass::buffers}};

// False if the line is one of the lists but not as PyTorch prints it.
bool ReadList(std::string_view line, ScriptClass& in) {
  if (!Take(line, "  ")) return true;
  for (const List& row : kLists) {
    std::string_view rest = line;
    if (!Take(rest, row.name)) continue;
    if (!Take(rest, " = ") || in.*row.field) return false;
    in.*row.field = ParseNames(rest);
    return (in.*row.field).has_value();
  }
  return true;
}

}  // namespace

Result<std::unordered_map<std::string, ScriptClass>> ReadScriptCode(std::string_view code) {
  std::unordered_map<std::string, ScriptClass> classes;
  ScriptClass* open = nullptr;  // the class whose declaration goes on
  for (size_t at = 0, number = 1; at < code.size(); ++number) {
    size_t end = std::min(code.find('\n', at), code.size());
    std::string_view line = code.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("  def ")) open = nullptr;
    if (!line.starts_with(' ')) open = nullptr;
    std::string_view rest = line;
    if (Take(rest, "class ")) {
      std::string name(rest.substr(0, rest.find_first_of("(:")));
      auto [made, fresh] = classes.emplace(std::move(name), ScriptClass());
      if (!fresh) {
        return Error{ErrorCode::kCorrupt, fmt::format("line {}: a class for a second time", number),
                     ""};
      }
      made->second.module = rest.ends_with("(Module):");
      open = made->second.module ? &made->second : nullptr;
    } else if (open != nullptr && !ReadList(line, *open)) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("line {}: not a list of names as PyTorch writes it", number), ""};
    }
  }
  return classes;
}

}  // namespace zoo
