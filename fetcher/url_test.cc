#include "zoo/fetcher/url.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace zoo {
namespace {

TEST(ParseUrlTest, GoodOnes) {
  const struct {
    const char* text;
    Url url;
    const char* again;
  } kRows[] = {
      {"https://host/a/b?c=d", {"https", "", "host", 443, "/a/b?c=d"}, "https://host/a/b?c=d"},
      {"HTTP://HOST:8080", {"http", "", "host", 8080, "/"}, "http://host:8080/"},
      {"http://host:80/", {"http", "", "host", 80, "/"}, "http://host/"},
      {"https://host:/x", {"https", "", "host", 443, "/x"}, "https://host/x"},
      {"https://host?q", {"https", "", "host", 443, "/?q"}, "https://host/?q"},
      {"https://host/a#part", {"https", "", "host", 443, "/a"}, "https://host/a"},
      {"https://[2001:DB8::1]:444/x",
       {"https", "", "[2001:db8::1]", 444, "/x"},
       "https://[2001:db8::1]:444/x"},
      {"https://me:secret@host/x", {"https", "me:secret", "host", 443, "/x"}, "https://host/x"},
      {"https://me@evil@host/x", {"https", "me@evil", "host", 443, "/x"}, "https://host/x"},
      {"https://host/\xc3\xa4", {"https", "", "host", 443, "/%C3%A4"}, "https://host/%C3%A4"},
  };
  for (const auto& row : kRows) {
    const auto url = ParseUrl(row.text);
    ASSERT_TRUE(url) << row.text;
    EXPECT_EQ(*url, row.url) << row.text;
    EXPECT_EQ(url->ToString(), row.again);
  }
}

TEST(ParseUrlTest, BadOnes) {
  using std::string_view_literals::operator""sv;
  constexpr std::string_view kScheme = "it must begin with http:// or https://";
  constexpr std::string_view kBlank = "it holds a blank, a backslash or a control character";
  constexpr std::string_view kHost = "its host or port is wrong";
  const struct {
    std::string_view text, why;
  } kRows[] = {
      {"", kScheme},
      {"host/a", kScheme},
      {"ftp://host/a", kScheme},
      {"file:///etc/passwd", kScheme},
      {"javascript:x", kScheme},
      {"https:host", "it has no host"},
      {"https:/host", "it has no host"},
      {"https://", kHost},
      {"https:///a", kHost},
      {"https://host:0/", kHost},
      {"https://host:65536/", kHost},
      {"https://host:8o/", kHost},
      {"https://ho%73t/", kHost},
      {"https://h\xc3\xb6st/", kHost},
      {"https://[::1/", kHost},
      {"https://[]/", kHost},
      {"https://a b/", kBlank},
      {"https://host/a\r\nX-Evil: 1", kBlank},
      {"https://host/a\0b"sv, kBlank},
      {"https://host\\@evil/", kBlank},
      {"https://host/\x7f", kBlank},
  };
  for (const auto& row : kRows) {
    const auto url = ParseUrl(row.text);
    ASSERT_FALSE(url) << row.text;
    EXPECT_EQ(url.error().code, ErrorCode::kUsage);
    EXPECT_TRUE(
        url.error().message.ends_with(" is not a URL that can be fetched: " + std::string(row.why)))
        << url.error().message;
  }
  EXPECT_EQ(ParseUrl("gopher://host/a").error().message,
            "\"gopher://host/a\" is not a URL that can be fetched: it must begin with http:// or "
            "https://");
}

TEST(ResolveUrlTest, AsRfc3986Says) {
  const Url base = ParseUrl("https://me:secret@host:444/a/b?q").value();
  const struct {
    const char *reference, *expected;
  } kRows[] = {
      {"c", "https://host:444/a/c"},
      {"/c?d", "https://host:444/c?d"},
      {"?r", "https://host:444/a/b?r"},
      {"#f", "https://host:444/a/b?q"},
      {"", "https://host:444/a/b?q"},
      {"//other/c", "https://other/c"},
      {"../c", "https://host:444/a/../c"},
      {"http://other", "http://other/"},
      {"c:d", nullptr},
      {"file:///etc/passwd", nullptr},
      {"a\rb", nullptr},
      {"//", nullptr},
  };
  for (const auto& row : kRows) {
    const auto url = ResolveUrl(base, row.reference);
    ASSERT_EQ(url.has_value(), row.expected != nullptr) << row.reference;
    if (!url) continue;
    EXPECT_EQ(url->ToString(), row.expected) << row.reference;
    EXPECT_EQ(url->user_info, "") << row.reference;
  }
}

TEST(SameOriginTest, SchemeHostAndPort) {
  const auto same = [](const char* a, const char* b) {
    return SameOrigin(ParseUrl(a).value(), ParseUrl(b).value());
  };
  EXPECT_TRUE(same("https://host/a", "https://HOST:443/b"));
  EXPECT_FALSE(same("https://host/", "http://host/"));
  EXPECT_FALSE(same("https://host/", "https://host:444/"));
  EXPECT_FALSE(same("https://host/", "https://host.evil/"));
}

TEST(ParseFileUrlTest, Table) {
  using std::string_view_literals::operator""sv;
  const struct {
    std::string_view text;
    const char* path;
  } kRows[] = {
      {"file:///a/b", "/a/b"},      {"file:/a/b", "/a/b"},
      {"file://localhost/a", "/a"}, {"FILE:///a%20b%C3%A4", "/a b\xc3\xa4"},
      {"file:///a b", "/a b"},      {"file://host/a", nullptr},
      {"file:a", nullptr},          {"file:", nullptr},
      {"https://host/a", nullptr},  {"file:///a%0", nullptr},
      {"file:///a%00b", nullptr},   {"file:///a%zz", nullptr},
      {"file:///a\0b"sv, nullptr},
  };
  for (const auto& row : kRows) {
    const auto path = ParseFileUrl(row.text);
    ASSERT_EQ(path.has_value(), row.path != nullptr) << row.text;
    if (!path) continue;
    EXPECT_EQ(path->string(), row.path);
  }
  EXPECT_EQ(ParseFileUrl("file:a").error().message,
            "\"file:a\" is not a file: URL of this machine");
}

}  // namespace
}  // namespace zoo
