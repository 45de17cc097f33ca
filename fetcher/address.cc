#include "zoo/fetcher/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

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
  const std::string text(address.substr(0, address.find('%')));
  uint8_t four[4];
  if (inet_pton(AF_INET, text.c_str(), four) == 1) return IsPrivate4(four);
  Ipv6 six;
  return inet_pton(AF_INET6, text.c_str(), six.data()) != 1 || IsPrivate6(six);
}

}  // namespace zoo
