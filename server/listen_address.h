// Where a server listens: a numeric address and a port of this machine. Names are not looked up:
// who listens decides who may come, and that should be seen in what was written. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(ListenAddress address, ParseListenAddress("127.0.0.1:0"));
//   ZOO_ASSIGN_OR_RETURN(Listening listening, Listen(address));
//   listening.address.port;  // the one that the system chose
#ifndef ZOO_SERVER_LISTEN_ADDRESS_H_
#define ZOO_SERVER_LISTEN_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "zoo/base/file.h"
#include "zoo/base/result.h"

namespace zoo {

struct ListenAddress {
  std::string host;   // "127.0.0.1", "::1"
  uint16_t port = 0;  // 0: any that is free

  // Whether only programs of this machine can reach it.
  bool IsLoopback() const;
  // "http://127.0.0.1:8080", "http://[::1]:8080".
  std::string Url() const;
  bool operator==(const ListenAddress&) const = default;
};

// "127.0.0.1:8080", "[::1]:8080", or "localhost:8080" for the first. kUsage for anything else.
Result<ListenAddress> ParseListenAddress(std::string_view text);

struct Listening {
  UniqueFd socket;        // non-blocking
  ListenAddress address;  // with the port it got
};

// kNetwork if the address is not this machine's, or somebody listens there already.
Result<Listening> Listen(const ListenAddress& address);

// Whether a Host header names a machine by its address or as localhost, with a port or without. The
// page of another site that tricks a browser into asking this machine comes with that site's name.
bool IsAddressOrLocalhost(std::string_view host_header);

}  // namespace zoo

#endif  // ZOO_SERVER_LISTEN_ADDRESS_H_
