#include "zoo/cli/option_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "zoo/base/text.h"

namespace zoo::cli {
namespace {

constexpr size_t kShown = 80;

std::string Refusal(const std::string& value, const std::string& what) {
  return Quote(value, kShown) + kOnly + what;
}

// "a, b or c"
std::string Choice(const std::vector<std::string>& words) {
  const auto last = words.end() - 1;
  return fmt::format("{} or {}", fmt::join(words.begin(), last, ", "), *last);
}

}  // namespace

CLI::Validator OneOf(const std::vector<std::string>& words) {
  const auto check = [words](std::string& value) {
    if (std::find(words.begin(), words.end(), value) != words.end()) return std::string();
    return Refusal(value, Choice(words));
  };
  return {check, fmt::format("{{{}}}", fmt::join(words, ","))};
}

CLI::Validator Between(int64_t least, int64_t most) {
  const auto check = [least, most](std::string& value) {
    int64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, failed] = std::from_chars(value.data(), end, number);
    if (failed == std::errc() && stop == end && number >= least && number <= most) {
      return std::string();
    }
    return Refusal(value, most == INT64_MAX ? fmt::format("{} or more", least)
                                            : fmt::format("{} to {}", least, most));
  };
  return {check, ""};
}

std::vector<std::string> WordsOf(const CLI::Option& option) {
  // The type's name and the descriptions of its checks: "TYPE:{float32,float64}".
  const std::string type = option.get_type_name();
  const size_t begin = type.find(":{"), end = type.rfind('}');
  std::vector<std::string> words;
  if (begin == std::string::npos || end == std::string::npos || end < begin) return words;
  for (size_t at = begin + 2; at <= end;) {
    const size_t next = std::min(type.find(',', at), end);
    words.push_back(type.substr(at, next - at));
    at = next + 1;
  }
  return words;
}

}  // namespace zoo::cli
