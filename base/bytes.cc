#include "zoo/base/bytes.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "zoo/base/text.h"

namespace zoo {
namespace {

struct Unit {
  std::string_view letter;
  uint64_t bytes;
};
constexpr std::array<Unit, 4> kUnits = {{{"K", uint64_t{1} << 10},
                                         {"M", uint64_t{1} << 20},
                                         {"G", uint64_t{1} << 30},
                                         {"T", uint64_t{1} << 40}}};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<uint64_t> CheckedAdd(uint64_t a, uint64_t b) {
  uint64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

std::optional<uint64_t> CheckedMultiply(uint64_t a, uint64_t b) {
  uint64_t product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

std::string FormatSize(uint64_t bytes) {
  const Unit* unit = nullptr;
  for (const Unit& candidate : kUnits) {
    // From where the unit below would be rounded up to 1024.0 of its own.
    const uint64_t smallest = candidate.bytes - candidate.bytes / 1024 / 20;
    if (bytes >= smallest) unit = &candidate;
  }
  if (unit == nullptr) return fmt::format("{} B", bytes);
  return fmt::format("{:.1f} {}iB", static_cast<double>(bytes) / static_cast<double>(unit->bytes),
                     unit->letter);
}

Result<uint64_t> ParseSize(std::string_view text) {
  const Error wrong{ErrorCode::kUsage, Quote(text, 80) + " is not a size",
                    "write bytes or a unit: 1048576, 512 KiB, 64MiB, 2G"};
  uint64_t number = 0;
  auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc()) return wrong;
  std::string_view suffix(rest, static_cast<size_t>(text.data() + text.size() - rest));
  if (suffix.empty()) return number;
  if (suffix.starts_with(' ')) suffix.remove_prefix(1);
  if (suffix == "B") return number;
  for (const Unit& unit : kUnits) {
    if (!suffix.starts_with(unit.letter)) continue;
    std::string_view tail = suffix.substr(1);
    if (tail != "" && tail != "iB" && tail != "B") return wrong;
    auto product = CheckedMultiply(number, unit.bytes);
    if (!product) return wrong;
    return *product;
  }
  return wrong;
}

std::string ToHex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (std::byte b : bytes) {
    hex += kDigits[std::to_integer<int>(b) >> 4];
    hex += kDigits[std::to_integer<int>(b) & 15];
  }
  return hex;
}

std::optional<std::string> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    int high = HexDigit(hex[i]), low = HexDigit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace zoo
