#include "zoo/checkpoint/pickle_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

namespace zoo {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::string_view Trim(std::string_view text) {
  size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  int tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static constexpr uint8_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kLead[tail] | code >> (6 * tail));
  while (tail-- > 0) out += static_cast<char>(0x80 | (code >> (6 * tail) & 0x3f));
}

// Digits of a base at the start of `text`, exactly `count` or, for octal, up to it.
std::optional<uint32_t> Number(std::string_view text, size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  uint32_t value = 0;
  auto [rest, status] = std::from_chars(text.data(), text.data() + count, value, base);
  if (status != std::errc() || rest != text.data() + count) return std::nullopt;
  return value;
}

// The escape behind a backslash at the start of `text`, which is shortened by it.
bool Unescape(std::string_view& text, std::string& out) {
  static constexpr std::string_view kFrom = "ntrabfv\\'\"", kTo = "\n\t\r\a\b\f\v\\'\"";
  if (text.empty()) return false;
  size_t simple = kFrom.find(text[0]);
  if (simple != std::string_view::npos) {
    out += kTo[simple];
    text.remove_prefix(1);
  } else if (text[0] == 'x') {
    auto value = Number(text.substr(1), 2, 16);
    if (!value) return false;
    out += static_cast<char>(*value);
    text.remove_prefix(3);
  } else if (text[0] >= '0' && text[0] <= '7') {
    size_t count = 1;
    while (count < 3 && count < text.size() && text[count] >= '0' && text[count] <= '7') ++count;
    out += static_cast<char>(*Number(text, count, 8));
    text.remove_prefix(count);
  } else {
    out += '\\';
  }
  return true;
}

}  // namespace

std::optional<std::string> ParseDigits(std::string_view line) {
  std::string_view text = Trim(line);
  if (text.ends_with('L')) text.remove_suffix(1);
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
  return (negative && text != "0" ? "-" : "") + std::string(text);
}

std::optional<int64_t> ToInt64(std::string_view digits) {
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  auto [rest, status] = std::from_chars(digits.data(), end, value);
  if (status != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::optional<double> ParseReal(std::string_view line) {
  std::string_view text = Trim(line);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  auto [rest, status] = std::from_chars(text.data(), end, value);
  if (status == std::errc::result_out_of_range)
    value = text.starts_with('-') ? -HUGE_VAL : HUGE_VAL;
  if (status == std::errc::invalid_argument || rest != end) return std::nullopt;
  return value;
}

std::optional<std::string> ParseLiteral(std::string_view line) {
  std::string_view text = Trim(line);
  if (text.size() < 2 || (text[0] != '\'' && text[0] != '"') || text.back() != text[0]) {
    return std::nullopt;
  }
  text = text.substr(1, text.size() - 2);
  std::string out;
  while (!text.empty()) {
    char c = text[0];
    text.remove_prefix(1);
    if (c != '\\') {
      out += c;
    } else if (!Unescape(text, out)) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<std::string> ParseRawUnicode(std::string_view line) {
  std::string out;
  for (size_t at = 0; at < line.size();) {
    size_t digits = line.substr(at).starts_with("\\u")   ? 4
                    : line.substr(at).starts_with("\\U") ? 8
                                                         : 0;
    uint32_t code = static_cast<uint8_t>(line[at]);
    if (digits > 0) {
      auto value = Number(line.substr(at + 2), digits, 16);
      if (!value || *value > 0x10ffff) return std::nullopt;
      code = *value;
      at += 1 + digits;
    }
    AppendUtf8(code, out);
    ++at;
  }
  return out;
}

bool IsUtf8(std::string_view text, bool surrogates) {
  size_t at = 0;
  for (uint64_t eight; text.size() - at >= sizeof eight; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if ((eight & 0x8080808080808080) != 0) break;  // ASCII as far as here
  }
  while (at < text.size()) {
    uint8_t lead = static_cast<uint8_t>(text[at]);
    size_t count = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || text.size() - at < count) return false;
    uint32_t code = count == 1 ? lead : lead & (0xff >> (count + 1));
    for (size_t i = 1; i < count; ++i) {
      uint8_t byte = static_cast<uint8_t>(text[at + i]);
      if ((byte & 0xc0) != 0x80) return false;
      code = code << 6 | (byte & 0x3f);
    }
    static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[count] || code > 0x10ffff) return false;
    if (!surrogates && code >= 0xd800 && code < 0xe000) return false;
    at += count;
  }
  return true;
}

std::optional<std::string> ToLatin1(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (size_t at = 0; at < utf8.size(); ++at) {
    uint8_t lead = static_cast<uint8_t>(utf8[at]);
    if (lead < 0x80) {
      out += utf8[at];
      continue;
    }
    if ((lead != 0xc2 && lead != 0xc3) || ++at == utf8.size()) return std::nullopt;
    out += static_cast<char>((lead & 3) << 6 | (static_cast<uint8_t>(utf8[at]) & 0x3f));
  }
  return out;
}

std::string FromLatin1(std::string_view latin1) {
  std::string out;
  for (char c : latin1) AppendUtf8(static_cast<uint8_t>(c), out);
  return out;
}

std::string DecimalOf(std::string_view little_endian) {
  std::vector<uint8_t> bytes(little_endian.begin(), little_endian.end());
  bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
  unsigned carry = 1;
  for (uint8_t& byte : bytes) {
    if (!negative) break;
    carry += static_cast<uint8_t>(~byte);
    byte = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
  std::vector<uint32_t> parts;  // nine digits each, the lowest first
  for (size_t i = bytes.size(); i-- > 0;) {
    uint64_t rest = bytes[i];
    for (uint32_t& part : parts) {
      rest += uint64_t{part} << 8;
      part = static_cast<uint32_t>(rest % 1'000'000'000);
      rest /= 1'000'000'000;
    }
    if (rest > 0) parts.push_back(static_cast<uint32_t>(rest));
  }
  if (parts.empty()) return "0";
  std::string text = fmt::format("{}{}", negative ? "-" : "", parts.back());
  for (size_t i = parts.size() - 1; i-- > 0;) text += fmt::format("{:09}", parts[i]);
  return text;
}

}  // namespace zoo
