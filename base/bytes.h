// Bytes and their sizes: views, arithmetic that cannot wrap, and sizes as people read them.
// Pure functions; any thread.
#ifndef ZOO_BASE_BYTES_H_
#define ZOO_BASE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "zoo/base/result.h"

namespace zoo {

using ByteView = std::span<const std::byte>;

inline ByteView AsBytes(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Nothing if the result does not fit 64 bits.
std::optional<uint64_t> CheckedAdd(uint64_t a, uint64_t b);
std::optional<uint64_t> CheckedMultiply(uint64_t a, uint64_t b);

// "512 B", "18.0 MiB", "1.2 GiB": binary units, one decimal from KiB on.
std::string FormatSize(uint64_t bytes);
// "1048576", "512 KiB", "64MiB", "2G" -> bytes. kUsage if it is none of these or does not fit.
Result<uint64_t> ParseSize(std::string_view text);

std::string ToHex(ByteView bytes);  // lower case
// Bytes of lower-case hexadecimal digits; nothing if there is any other character or an odd count.
std::optional<std::string> FromHex(std::string_view hex);

}  // namespace zoo

#endif  // ZOO_BASE_BYTES_H_
