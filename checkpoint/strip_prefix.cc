#include "zoo/checkpoint/strip_prefix.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr size_t kNameBytes = 200;

// As StripPrefixes, and marks the prefixes that were there.
std::string_view Strip(std::string_view name, std::span<const std::string> prefixes,
                       std::vector<bool>& matched) {
  for (size_t i = 0; i < prefixes.size();) {
    if (!name.starts_with(prefixes[i])) {
      ++i;
      continue;
    }
    matched[i] = true;
    name.remove_prefix(prefixes[i].size());
    i = 0;
  }
  return name;
}

}  // namespace

std::string_view StripPrefixes(std::string_view name, std::span<const std::string> prefixes) {
  std::vector<bool> matched(prefixes.size());
  return Strip(name, prefixes, matched);
}

Result<StrippedNames> StripPrefixes(std::span<const std::string> names,
                                    std::span<const std::string> prefixes, std::string_view file) {
  if (std::ranges::find(prefixes, "") != prefixes.end()) {
    return Error{ErrorCode::kUsage, "a prefix to be stripped is empty", ""};
  }
  StrippedNames stripped{.names = {}, .matched = std::vector<bool>(prefixes.size())};
  stripped.names.reserve(names.size());
  std::unordered_map<std::string_view, std::string_view> before;  // stripped -> as it was
  for (const std::string& name : names) {
    std::string_view rest = Strip(name, prefixes, stripped.matched);
    if (rest.empty() && !name.empty()) {
      return Error{ErrorCode::kUsage,
                   fmt::format("{}: nothing is left of {} without its prefixes", file,
                               Quote(name, kNameBytes)),
                   ""};
    }
    auto [first, fresh] = before.emplace(rest, name);
    if (!fresh) {
      return Error{ErrorCode::kUsage,
                   fmt::format("{}: {} and {} would both be {} without their prefixes", file,
                               Quote(first->second, kNameBytes), Quote(name, kNameBytes),
                               Quote(rest, kNameBytes)),
                   ""};
    }
    stripped.names.emplace_back(rest);
  }
  return stripped;
}

}  // namespace zoo
