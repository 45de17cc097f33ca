#include "zoo/fetcher/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace zoo {
namespace {

constexpr const char* kPrivate[] = {
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fdff::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
    "2001:db8::1",
    "2001::1",
    "64:ff9b:1::1",
    "nonsense",
    "",
    "1.2.3",
};

constexpr const char* kPublic[] = {
    "1.1.1.1",         "9.255.255.255",  "11.0.0.0",         "100.63.255.255",  "100.128.0.0",
    "126.255.255.255", "128.0.0.0",      "169.253.255.255",  "169.255.0.0",     "172.15.255.255",
    "172.32.0.0",      "192.0.1.0",      "192.0.3.0",        "192.167.255.255", "192.169.0.0",
    "198.17.255.255",  "198.20.0.0",     "223.255.255.255",  "2600::1",         "2a00:1450::1",
    "2001:4860::8888", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::",
};

TEST(IsPrivateAddressTest, Spelled) {
  for (const char* address : kPrivate) EXPECT_TRUE(IsPrivateAddress(address)) << address;
  for (const char* address : kPublic) EXPECT_FALSE(IsPrivateAddress(address)) << address;
}

TEST(IsInNetworkTest, Table) {
  const struct {
    const char *address, *network;
    bool in;
  } kRows[] = {
      {"10.1.2.3", "10.0.0.0/8", true},   {"11.1.2.3", "10.0.0.0/8", false},
      {"10.1.2.3", "10.1.2.3", true},     {"10.1.2.3", "10.1.2.4", false},
      {"10.1.2.3", "0.0.0.0/0", true},    {"10.1.2.3", "10.1.2.0/33", false},
      {"10.1.2.3", "10.1.2.0/-1", false}, {"10.1.2.3", "10.1.2.0/", false},
      {"10.1.2.3", "::/0", false},        {"fe80::1", "fe80::/10", true},
      {"host", "0.0.0.0/0", false},       {"10.1.2.3", "host", false},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(IsInNetwork(row.address, row.network), row.in) << row.address << " " << row.network;
  }
}

TEST(IsPrivateAddressTest, OfSockets) {
  sockaddr_in four{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  EXPECT_TRUE(IsPrivateAddress(reinterpret_cast<sockaddr*>(&four)));
  four.sin_addr.s_addr = htonl(0x01010101);
  EXPECT_FALSE(IsPrivateAddress(reinterpret_cast<sockaddr*>(&four)));
  sockaddr_in6 six{.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
  EXPECT_TRUE(IsPrivateAddress(reinterpret_cast<sockaddr*>(&six)));
  ASSERT_EQ(inet_pton(AF_INET6, "2600::1", &six.sin6_addr), 1);
  EXPECT_FALSE(IsPrivateAddress(reinterpret_cast<sockaddr*>(&six)));
  sockaddr_un local{.sun_family = AF_UNIX};
  EXPECT_TRUE(IsPrivateAddress(reinterpret_cast<sockaddr*>(&local)));
}

}  // namespace
}  // namespace zoo
