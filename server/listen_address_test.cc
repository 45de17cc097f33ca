#include "zoo/server/listen_address.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "zoo/base/result.h"

namespace zoo {
namespace {

TEST(ListenAddress, Parses) {
  struct Row {
    std::string_view text;
    ListenAddress address;
    bool loopback;
    std::string_view url;
  };
  const Row rows[] = {
      {"127.0.0.1:8080", {"127.0.0.1", 8080}, true, "http://127.0.0.1:8080"},
      {"127.1.2.3:0", {"127.1.2.3", 0}, true, "http://127.1.2.3:0"},
      {"localhost:80", {"127.0.0.1", 80}, true, "http://127.0.0.1:80"},
      {"[::1]:65535", {"::1", 65535}, true, "http://[::1]:65535"},
      {"[::ffff:127.0.0.1]:80", {"::ffff:127.0.0.1", 80}, true, "http://[::ffff:127.0.0.1]:80"},
      {"0.0.0.0:80", {"0.0.0.0", 80}, false, "http://0.0.0.0:80"},
      {"192.168.1.5:80", {"192.168.1.5", 80}, false, "http://192.168.1.5:80"},
      {"[::]:80", {"::", 80}, false, "http://[::]:80"},
  };
  for (const Row& row : rows) {
    const Result<ListenAddress> address = ParseListenAddress(row.text);
    ASSERT_TRUE(address) << row.text;
    EXPECT_EQ(*address, row.address) << row.text;
    EXPECT_EQ(address->IsLoopback(), row.loopback) << row.text;
    EXPECT_EQ(address->Url(), row.url);
  }
}

TEST(ListenAddress, WhatIsNone) {
  constexpr std::string_view kWrong[] = {"",
                                         "8080",
                                         ":8080",
                                         "127.0.0.1",
                                         "127.0.0.1:",
                                         "127.0.0.1:65536",
                                         "127.0.0.1:-1",
                                         "127.0.0.1:+1",
                                         "127.0.0.1:80 ",
                                         "127.1:80",
                                         "0x7f.0.0.1:80",
                                         "::1:80",
                                         "[::1]",
                                         "[::1]80",
                                         "[::1:80",
                                         "[127.0.0.1]:80",
                                         "[localhost]:80",
                                         "example.org:80",
                                         "http://127.0.0.1:80"};
  for (const std::string_view text : kWrong) {
    const Result<ListenAddress> address = ParseListenAddress(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, ErrorCode::kUsage);
    EXPECT_EQ(address.error().message, "\"" + std::string(text) + "\" is no address to listen on");
  }
}

TEST(ListenAddress, TakesAPortOnce) {
  const Listening first = Listen({"127.0.0.1", 0}).value();
  EXPECT_NE(first.address.port, 0);
  const Result<Listening> second = Listen(first.address);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(),
            (Error{ErrorCode::kNetwork,
                   "cannot listen on " + first.address.Url() + ": Address already in use",
                   "another program does; name another port with --listen"}));
  const Result<Listening> foreign = Listen({"192.0.2.1", 0});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, ErrorCode::kNetwork);
}

TEST(ListenAddress, HostsThatNameThisMachine) {
  for (const std::string_view host : {"localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:80",
                                      "[::1]", "[::1]:80", "192.168.1.5:80"}) {
    EXPECT_TRUE(IsAddressOrLocalhost(host)) << host;
  }
  for (const std::string_view host :
       {"", "evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example",
        "127.0.0.1:80:80", "[::1", "[::1].evil", "[evil]", "localhost:x", "[localhost]"}) {
    EXPECT_FALSE(IsAddressOrLocalhost(host)) << host;
  }
}

}  // namespace
}  // namespace zoo
