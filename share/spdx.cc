// expression: operand { (AND | OR) operand }; operand: licence [WITH exception] or ( expression ).
// Which of AND and OR binds closer makes no difference to what is an expression.
#include "zoo/share/spdx.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/share/spdx_list.h"

namespace zoo {
namespace {

constexpr size_t kLongest = 1000;
constexpr std::string_view kHint =
    "write a name of the SPDX list, as MIT, Apache-2.0 or CC-BY-4.0, or LicenseRef-NAME for terms "
    "of your own";

Error Wrong(std::string message, std::string hint = std::string(kHint)) {
  return {ErrorCode::kUsage, std::move(message), std::move(hint)};
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t at = 0; (at = text.find_first_not_of(' ', at)) != text.npos;) {
    const bool bracket = text[at] == '(' || text[at] == ')';
    const size_t end = bracket ? at + 1 : std::min(text.find_first_of(" ()", at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

// LicenseRef-NAME, with DocumentRef-NAME: before it or not.
bool IsOwn(std::string_view word) {
  const auto take = [&](std::string_view prefix) {
    if (!word.starts_with(prefix)) return false;
    word.remove_prefix(prefix.size());
    const size_t end = std::min(word.find(':'), word.size());
    const bool named = end > 0 && std::ranges::all_of(word.substr(0, end), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '.';
                       });
    word.remove_prefix(named ? end : 0);
    return named;
  };
  if (take("DocumentRef-")) {
    if (!word.starts_with(':')) return false;
    word.remove_prefix(1);
  }
  return take("LicenseRef-") && word.empty();
}

bool IsIn(std::span<const std::string_view> list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

bool IsLicense(std::string_view word) {
  if (IsOwn(word) || IsIn(SpdxLicenses(), word)) return true;
  return word.ends_with('+') && IsIn(SpdxLicenses(), word.substr(0, word.size() - 1));
}

Error Unknown(std::string_view word, std::span<const std::string_view> list,
              std::string_view what) {
  const std::vector<std::string> names(list.begin(), list.end());
  const std::optional<std::string> nearest = Nearest(word, names);
  return Wrong(fmt::format("{} is no {} of the SPDX list", Quote(word, 80), what),
               nearest ? fmt::format("did you mean {}?", *nearest) : std::string(kHint));
}

}  // namespace

Status CheckLicense(std::string_view expression) {
  const std::vector<std::string_view> words = Words(expression.substr(0, kLongest));
  if (words.empty()) return Wrong("the licence is empty");
  if (expression.size() > kLongest) return Wrong("the licence is longer than 1000 bytes");
  const auto form = [&] {
    return Wrong(fmt::format("{} is no SPDX licence expression", Quote(expression)));
  };
  int open = 0;
  bool operand = true;  // what has to come next
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (operand && word == "(") {
      ++open;
    } else if (operand) {
      if (word == ")" || word == "AND" || word == "OR" || word == "WITH") return form();
      if (!IsLicense(word)) return Unknown(word, SpdxLicenses(), "licence");
      operand = false;
      if (i + 1 == words.size() || words[i + 1] != "WITH") continue;
      if (i + 2 == words.size()) return form();
      if (!IsIn(SpdxExceptions(), words[i + 2])) {
        return Unknown(words[i + 2], SpdxExceptions(), "exception");
      }
      i += 2;
    } else if (word == ")" && open > 0) {
      --open;
    } else if (word == "AND" || word == "OR") {
      operand = true;
    } else {
      return form();
    }
  }
  if (operand || open > 0) return form();
  return {};
}

}  // namespace zoo
