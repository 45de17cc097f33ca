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

// Is "10.1.2.3" in "10.0.0.0/8", or equal to "10.1.2.3"? No if either is no address.
bool IsInNetwork(std::string_view address, std::string_view network);

}  // namespace zoo

#endif  // ZOO_FETCHER_ADDRESS_H_
