// Which network addresses are somebody's own: loopback, link-local, private, and whatever else is
// not part of the public internet. Pure; any thread.
#ifndef ZOO_FETCHER_ADDRESS_H_
#define ZOO_FETCHER_ADDRESS_H_

#include <string_view>

struct sockaddr;

namespace zoo {

// Anything but an IPv4 or IPv6 address counts as private.
bool IsPrivateAddress(const sockaddr* address);
// Of an address in its usual spelling: "10.0.0.1", "fe80::1".
bool IsPrivateAddress(std::string_view address);

}  // namespace zoo

#endif  // ZOO_FETCHER_ADDRESS_H_
