#include "zoo/fetcher/proxy.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace zoo {
namespace {

std::map<std::string, std::string>& Environment() {
  static std::map<std::string, std::string> environment;
  return environment;
}

char* Get(const char* name) {
  const auto found = Environment().find(name);
  return found == Environment().end() ? nullptr : found->second.data();
}

std::string Proxy(const char* url, std::map<std::string, std::string> environment) {
  Environment() = std::move(environment);
  return ProxyFor(ParseUrl(url).value(), &Get);
}

TEST(ProxyForTest, EachSchemeHasItsVariable) {
  EXPECT_EQ(Proxy("http://host/", {}), "");
  EXPECT_EQ(Proxy("http://host/", {{"http_proxy", "p"}}), "p");
  EXPECT_EQ(Proxy("https://host/", {{"http_proxy", "p"}}), "");
  EXPECT_EQ(Proxy("http://host/", {{"HTTP_PROXY", "p"}}), "") << "a CGI request could set it";
  EXPECT_EQ(Proxy("https://host/", {{"HTTPS_PROXY", "p"}}), "p");
  EXPECT_EQ(Proxy("https://host/", {{"HTTPS_PROXY", "p"}, {"https_proxy", "q"}}), "q");
  EXPECT_EQ(Proxy("http://host/", {{"all_proxy", "p"}}), "p");
  EXPECT_EQ(Proxy("https://host/", {{"ALL_PROXY", "p"}, {"https_proxy", "q"}}), "q");
}

TEST(ProxyForTest, Exceptions) {
  const struct {
    const char *url, *no_proxy;
    bool excepted;
  } kRows[] = {
      {"http://host/", "host", true},
      {"http://host/", "other, host", true},
      {"http://host/", "other HOST", true},
      {"http://a.host.org/", "host.org", true},
      {"http://a.host.org/", ".host.org", true},
      {"http://a.host.org/", "host.org.", true},
      {"http://evilhost.org/", "host.org", false},
      {"http://host.org.evil/", "host.org", false},
      {"http://host/", "*", true},
      {"http://host/", "", false},
      {"http://host/", ",", false},
      {"http://127.0.0.1/", "127.0.0.1", true},
      {"http://127.0.0.1/", "127.0.0.0/8", true},
      {"http://128.0.0.1/", "127.0.0.0/8", false},
      {"http://[::1]/", "::1", true},
      {"http://[::1]/", "[::1]", true},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(Proxy(row.url, {{"http_proxy", "p"}, {"no_proxy", row.no_proxy}}),
              row.excepted ? "" : "p")
        << row.url << " with " << row.no_proxy;
  }
  EXPECT_EQ(Proxy("http://host/", {{"http_proxy", "p"}, {"NO_PROXY", "host"}}), "");
}

}  // namespace
}  // namespace zoo
