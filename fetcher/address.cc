#include "zoo/fetcher/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>

namespace zoo {
namespace {

using Ipv6 = std::array<uint8_t, 16>;

struct Range4 {
  uint8_t bytes[4];
  int bits;
};

// RFC 6890 and its registry.
constexpr Range4 kPrivate4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},    {{100, 64, 0, 0}, 10},   {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12}, {{192, 0, 0, 0}, 24},    {{192, 0, 2, 0}, 24},
    {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24}, {{203, 0, 113, 0}, 24},
    {{224, 0, 0, 0}, 4},    {{240, 0, 0, 0}, 4},
};

bool SameBits(const uint8_t* a, const uint8_t* b, int bits) {
  if (std::memcmp(a, b, static_cast<size_t>(bits / 8)) != 0) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[bits / 8] >> (8 - rest)) == (b[bits / 8] >> (8 - rest));
}

bool IsPrivate4(const uint8_t* address) {
  return std::ranges::any_of(
      kPrivate4, [&](const Range4& range) { return SameBits(address, range.bytes, range.bits); });
}

// Where an IPv6 address carries an IPv4 one that a gateway would go on to: mapped, NAT64, 6to4.
const uint8_t* Embedded4(const Ipv6& address) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr uint8_t kNat64[12] = {0, 0x64, 0xff, 0x9b};
  static constexpr uint8_t k6to4[2] = {0x20, 0x02};
  if (SameBits(address.data(), kMapped, 96) || SameBits(address.data(), kNat64, 96)) {
    return address.data() + 12;
  }
  return SameBits(address.data(), k6to4, 16) ? address.data() + 2 : nullptr;
}

bool IsPrivate6(const Ipv6& address) {
  if (const uint8_t* inner = Embedded4(address)) return IsPrivate4(inner);
  // Global unicast is 2000::/3; of that, 2001:db8::/32 is for documents and 2001::/23 for
  // protocols of their own (Teredo tunnels among them).
  static constexpr uint8_t kDocuments[4] = {0x20, 0x01, 0x0d, 0xb8};
  static constexpr uint8_t kProtocols[3] = {0x20, 0x01, 0x00};
  return (address[0] & 0xe0) != 0x20 || SameBits(address.data(), kDocuments, 32) ||
         SameBits(address.data(), kProtocols, 23);
}

struct Parsed {
  Ipv6 bytes{};
  int bits = 0;  // 32, 128, or 0 for what is no address
};

Parsed Parse(std::string_view text) {
  Parsed parsed;
  const std::string terminated(text);
  if (inet_pton(AF_INET, terminated.c_str(), parsed.bytes.data()) == 1) {
    parsed.bits = 32;
  } else if (inet_pton(AF_INET6, terminated.c_str(), parsed.bytes.data()) == 1) {
    parsed.bits = 128;
  }
  return parsed;
}

}  // namespace

bool IsPrivateAddress(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    return IsPrivate4(reinterpret_cast<const uint8_t*>(&in));
  }
  if (address->sa_family != AF_INET6) return true;
  Ipv6 bytes;
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
  return IsPrivate6(bytes);
}

bool IsPrivateAddress(std::string_view address) {
  const Parsed parsed = Parse(address.substr(0, address.find('%')));
  if (parsed.bits == 32) return IsPrivate4(parsed.bytes.data());
  return parsed.bits == 0 || IsPrivate6(parsed.bytes);
}

bool IsInNetwork(std::string_view address, std::string_view network) {
  const size_t slash = network.find('/');
  const Parsed inner = Parse(address), outer = Parse(network.substr(0, slash));
  if (inner.bits == 0 || inner.bits != outer.bits) return false;
  int bits = outer.bits;
  if (slash != std::string_view::npos) {
    const std::string_view digits = network.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size()) return false;
  }
  return bits >= 0 && bits <= outer.bits && SameBits(inner.bytes.data(), outer.bytes.data(), bits);
}

}  // namespace zoo
