#include "zoo/server/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace zoo {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

void SkipBlanks(std::string_view& text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
}

enum class Comparison { kStrong, kWeak };

// Takes the first tag, with its W/ and quotes; empty if the text does not begin with one.
std::string_view TakeTag(std::string_view& list) {
  const size_t open = list.starts_with("W/") ? 2 : 0;
  const size_t close =
      list.size() > open && list[open] == '"' ? list.find('"', open + 1) : std::string_view::npos;
  if (close == std::string_view::npos) return {};
  const std::string_view tag = list.substr(0, close + 1);
  list.remove_prefix(close + 1);
  return tag;
}

// Whether a list of tags, or "*", names `etag`. What is no list names nothing.
bool Names(std::string_view list, std::string_view etag, Comparison comparison) {
  SkipBlanks(list);
  if (list == "*") return true;
  while (!list.empty()) {
    if (list.front() == ',' || IsBlank(list.front())) {
      list.remove_prefix(1);
      continue;
    }
    std::string_view tag = TakeTag(list);
    if (tag.empty()) return false;
    if (comparison == Comparison::kWeak && tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

// A number that does not fit is larger than any file.
std::optional<uint64_t> ParseNumber(std::string_view digits) {
  const bool number =
      !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!number) return std::nullopt;
  uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return parsed.ec == std::errc() ? value : UINT64_MAX;
}

// Nothing: as if no range were asked for.
std::optional<Part> ParseRange(std::string_view text, uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  SkipBlanks(text);
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  SkipBlanks(text);
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::optional<uint64_t> first = ParseNumber(text.substr(0, dash));
  const std::optional<uint64_t> last = ParseNumber(text.substr(dash + 1));
  const bool suffix = dash == 0 && last;
  const bool open = first && dash + 1 == text.size();
  const bool closed = first && last && *first <= *last;
  if (!suffix && !open && !closed) return std::nullopt;
  const uint64_t begin = suffix ? size - std::min(*last, size) : *first;
  if (begin >= size) return Part{.status = 416};
  const uint64_t end = closed ? std::min(*last, size - 1) : size - 1;
  return Part{206, begin, end - begin + 1};
}

}  // namespace

Part PartOf(const Conditions& conditions, std::string_view etag, uint64_t size) {
  if (conditions.if_match && !Names(*conditions.if_match, etag, Comparison::kStrong)) {
    return {.status = 412};
  }
  if (conditions.if_none_match && Names(*conditions.if_none_match, etag, Comparison::kWeak)) {
    return {.status = 304};
  }
  const Part whole{200, 0, size};
  // A date in If-Range never is the tag: then the client has nothing to go on with.
  if (!conditions.range || (conditions.if_range && *conditions.if_range != etag)) return whole;
  return ParseRange(*conditions.range, size).value_or(whole);
}

std::string ContentRange(const Part& part, uint64_t size) {
  if (part.status == 416) return fmt::format("bytes */{}", size);
  if (part.status != 206) return "";
  return fmt::format("bytes {}-{}/{}", part.offset, part.offset + part.length - 1, size);
}

}  // namespace zoo
