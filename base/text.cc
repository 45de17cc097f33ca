#include "zoo/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace zoo {
namespace {

struct CodePoint {
  uint32_t value;
  size_t bytes;
};

// The code point at the start of `text`, or nothing if the bytes there are not valid UTF-8.
std::optional<CodePoint> Decode(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t lead = byte(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  size_t bytes = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (bytes == 0 || lead >= 0xf5 || text.size() < bytes) return std::nullopt;
  uint32_t value = lead & (0xff >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (byte(i) & 0x3f);
  }
  static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kSmallest[bytes] || value > 0x10ffff || surrogate) return std::nullopt;
  return CodePoint{value, bytes};
}

bool IsControl(uint32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }

// Characters that change how the text around them is shown, or that cannot be seen.
bool IsInvisible(uint32_t c) {
  return c == 0xad || c == 0x061c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

bool IsCombining(uint32_t c) {
  return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) ||
         (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f);
}

bool IsWide(uint32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

}  // namespace

std::string Escape(std::string_view text, size_t max_bytes) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    auto code = Decode(text.substr(at));
    size_t bytes = code ? code->bytes : 1;
    if (at + bytes > max_bytes) return out + "...";
    uint8_t byte = static_cast<uint8_t>(text[at]);
    if (!code) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\r') {
      out += "\\r";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[at];
    } else if (IsControl(code->value) && code->bytes == 1) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (IsControl(code->value) || IsInvisible(code->value)) {
      out += fmt::format("\\u{:04x}", code->value);
    } else {
      out += text.substr(at, bytes);
    }
    at += bytes;
  }
  return out;
}

std::string Quote(std::string_view text, size_t max_bytes) {
  return '"' + Escape(text, max_bytes) + '"';
}

std::string MaskUrl(std::string_view url) {
  const size_t scheme = url.find_first_of(":/?#@");
  const size_t authority =
      scheme != std::string_view::npos && url.substr(scheme).starts_with("://") ? scheme + 3 : 0;
  const size_t end = std::min(url.find_first_of("/?#", authority), url.size());
  const size_t at = url.substr(0, end).rfind('@');
  std::string out(url.substr(0, authority));
  if (at != std::string_view::npos && at >= authority) {
    out += "***";
    url.remove_prefix(at);
  } else {
    url.remove_prefix(authority);
  }
  size_t tail = url.find_first_of("?#");
  out += url.substr(0, tail);
  if (tail != std::string_view::npos) {
    out += url[tail];
    out += "***";
  }
  return Escape(out, 500);
}

size_t DisplayWidth(std::string_view utf8) {
  size_t width = 0;
  while (!utf8.empty()) {
    if (utf8.front() >= 0x20 && utf8.front() < 0x7f) {  // most of what is printed
      width += 1;
      utf8.remove_prefix(1);
      continue;
    }
    auto code = Decode(utf8);
    if (!code) {
      width += 1;
      utf8.remove_prefix(1);
      continue;
    }
    width += IsCombining(code->value) || IsInvisible(code->value) ? 0 : IsWide(code->value) ? 2 : 1;
    utf8.remove_prefix(code->bytes);
  }
  return width;
}

std::string Count(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace zoo
