#include "zoo/server/listen_address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr int kBacklog = 1024;

// An address of either kind, as the system calls take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

std::optional<in_addr> ParseIpv4(const std::string& text) {
  in_addr address;
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

std::optional<in6_addr> ParseIpv6(const std::string& text) {
  in6_addr address;
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

template <typename Address>
SocketAddress Stored(const Address& address) {
  SocketAddress stored;
  static_assert(sizeof(address) <= sizeof(stored.storage));
  std::memcpy(&stored.storage, &address, sizeof(address));
  stored.size = sizeof(address);
  return stored;
}

// Of a host that was parsed.
SocketAddress ToSocketAddress(const ListenAddress& address) {
  if (const auto ipv4 = ParseIpv4(address.host)) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr = *ipv4;
    in.sin_port = htons(address.port);
    return Stored(in);
  }
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_addr = ParseIpv6(address.host).value_or(in6addr_loopback);
  in6.sin6_port = htons(address.port);
  return Stored(in6);
}

uint16_t PortOf(int socket) {
  SocketAddress bound;
  bound.size = sizeof(bound.storage);
  if (getsockname(socket, bound.get(), &bound.size) != 0) return 0;
  // The port stands at the same place in both kinds.
  sockaddr_in in;
  std::memcpy(&in, &bound.storage, sizeof(in));
  return ntohs(in.sin_port);
}

struct HostAndPort {
  std::string host, port;
  bool bracketed = false;
};

// "host:port", "[host]:port", or without the port.
HostAndPort SplitPort(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return {};
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return {};
    return {std::string(text.substr(1, close - 1)),
            std::string(rest.empty() ? rest : rest.substr(1)), true};
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {std::string(text), "", false};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)), false};
}

std::optional<uint16_t> ParsePort(std::string_view digits) {
  uint16_t port = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, port);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return port;
}

Error CannotListen(const ListenAddress& address, int error_number) {
  return {
      ErrorCode::kNetwork,
      fmt::format("cannot listen on {}: {}", address.Url(),
                  std::generic_category().message(error_number)),
      error_number == EADDRINUSE ? "another program does; name another port with --listen" : ""};
}

}  // namespace

bool ListenAddress::IsLoopback() const {
  if (const auto ipv4 = ParseIpv4(host)) return ntohl(ipv4->s_addr) >> 24 == 127;
  const auto ipv6 = ParseIpv6(host);
  if (!ipv6) return false;
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&*ipv6) && ipv6->s6_addr[12] == 127;
  return mapped || IN6_IS_ADDR_LOOPBACK(&*ipv6);
}

std::string ListenAddress::Url() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("http://[{}]:{}", host, port) : fmt::format("http://{}:{}", host, port);
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  HostAndPort split = SplitPort(text);
  if (split.host == "localhost" && !split.bracketed) split.host = "127.0.0.1";
  const std::optional<uint16_t> port = ParsePort(split.port);
  const bool host =
      split.bracketed ? ParseIpv6(split.host).has_value() : ParseIpv4(split.host).has_value();
  if (host && port) return ListenAddress{std::move(split.host), *port};
  return Error{
      ErrorCode::kUsage, fmt::format("{} is no address to listen on", Quote(text)),
      "write ADDRESS:PORT, like 127.0.0.1:8080, [::1]:8080 or, for all that can reach this "
      "machine, 0.0.0.0:8080; port 0 is any that is free"};
}

Result<Listening> Listen(const ListenAddress& address) {
  SocketAddress wanted = ToSocketAddress(address);
  UniqueFd fd(socket(wanted.get()->sa_family, SOCK_STREAM, 0));
  if (!fd.valid()) return CannotListen(address, errno);
  const int yes = 1;
  const bool ready =
      fcntl(fd.get(), F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0 &&
      setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
      bind(fd.get(), wanted.get(), wanted.size) == 0 && listen(fd.get(), kBacklog) == 0;
  if (!ready) return CannotListen(address, errno);
  ListenAddress got = address;
  got.port = PortOf(fd.get());
  return Listening{std::move(fd), std::move(got)};
}

bool IsAddressOrLocalhost(std::string_view host_header) {
  const HostAndPort split = SplitPort(host_header);
  if (!split.port.empty() && !ParsePort(split.port)) return false;
  if (split.bracketed) return ParseIpv6(split.host).has_value();
  return split.host == "localhost" || ParseIpv4(split.host).has_value();
}

}  // namespace zoo
