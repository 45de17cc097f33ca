#include "zoo/server/route.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace zoo {
namespace {

using Kind = Route::Kind;
using namespace std::string_view_literals;

const std::string kHex(64, 'a');

struct GoodRow {
  std::string target;
  Kind kind;
  std::string subject;
};

TEST(Route, WhatEachPathAsksFor) {
  const GoodRow rows[] = {
      {"/", Kind::kPage, ""},
      {"/index.json", Kind::kIndex, ""},
      {"/cas/" + kHex, Kind::kBlob, ""},
      {"/weights/resnet18", Kind::kWeights, "resnet18"},
      {"/weights/lab/digits:v1", Kind::kWeights, "lab/digits:v1"},
      {"/weights/lab/digits%3Av1%40sha256%3a" + kHex, Kind::kWeights,
       "lab/digits:v1@sha256:" + kHex},
      {"/registries/lab/zoo.json", Kind::kPath, "/registries/lab/zoo.json"},
      {"/registries/lab/zoo.json.minisig", Kind::kPath, "/registries/lab/zoo.json.minisig"},
      {"/registries/lab/files/a%20b.pth", Kind::kPath, "/registries/lab/files/a b.pth"},
      {"/https/host/models/a.pth", Kind::kPath, "/https/host/models/a.pth"},
      {"/https/host/models/a%20b.pth?download=true", Kind::kPath,
       "/https/host/models/a%20b.pth?download=true"},
      {"/http/host:8080/a.pth", Kind::kPath, "/http/host:8080/a.pth"},
  };
  for (const GoodRow& row : rows) {
    const Route route = RouteOf(row.target);
    EXPECT_EQ(route.kind, row.kind) << row.target;
    EXPECT_EQ(route.subject, row.subject) << row.target;
    EXPECT_EQ(route.digest.has_value(), row.kind == Kind::kBlob) << row.target;
  }
  EXPECT_EQ(RouteOf("/cas/" + kHex).digest->hex(), kHex);
}

struct BadRow {
  std::string_view target;
  int status;
};

TEST(Route, WhatIsRefused) {
  constexpr BadRow kRows[] = {
      {"", 400},
      {"*", 400},
      {"index.json", 400},
      {"http://host/", 400},
      {"//", 404},
      {"/?a", 404},
      {"/index.json?a=b", 404},
      {"/index.html", 404},
      {"/favicon.ico", 404},
      {"/cas", 404},
      {"/cas/", 404},
      {"/cas//", 404},
      {"/cas/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 404},
      {"/cas/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 404},
      {"/cas/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 404},
      {"/cas/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/x", 404},
      {"/cas/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?x", 404},
      {"/cas/../../../etc/passwd", 400},
      {"/cas/..%2f..%2fetc%2fpasswd", 400},
      {"/cas/%2e%2e/%2e%2e/etc/passwd", 400},
      {"/cas/.%2E/x", 400},
      {"/cas/./x", 400},
      {"/cas/%252e%252e/x", 404},  // decoded once: "%2e%2e" is no digest
      {"/blobs/sha256/aa/aaaa", 404},
      {"/weights", 404},
      {"/weights/", 404},
      {"/weights/a/b/c", 404},
      {"/weights/a?b", 404},
      {"/weights/a%00", 400},
      {"/weights/a%0d%0aX: y", 400},
      {"/weights/a%0d%0aX:y", 400},
      {"/weights/a%7f", 400},
      {"/weights/a%2fb", 400},
      {"/weights/a%5cb", 400},
      {"/weights/a\\b", 400},
      {"/weights/a b", 400},
      {"/weights/a#b", 400},
      {"/weights/a%", 400},
      {"/weights/a%4", 400},
      {"/weights/a%zz", 400},
      {"/weights/a%+1", 400},
      {"/weights/\xc3\xa4", 400},
      {"/weights/a\0b"sv, 400},
      {"/weights/a\tb", 400},
      {"/registries/../x", 400},
      {"/registries//zoo.json", 404},
      {"/registries/lab/zoo.json?x", 404},
      {"/https/host//a", 404},
      {"/https/host/../a", 400},
      {"/https/host/%2e%2e/a", 400},
      {"/ftp/host/a", 404},
      {"/file/etc/passwd", 404},
  };
  for (const BadRow& row : kRows) {
    const Route route = RouteOf(row.target);
    EXPECT_EQ(route.kind, Kind::kRefused) << row.target;
    EXPECT_EQ(route.status, row.status) << row.target;
    EXPECT_FALSE(route.subject.empty()) << row.target;
    EXPECT_FALSE(route.digest) << row.target;
  }
}

TEST(Route, ATargetMayBeOnlySoLong) {
  const std::string longest = "/weights/" + std::string(kLongestTarget - 9, 'a');
  EXPECT_EQ(RouteOf(longest).kind, Kind::kWeights);
  EXPECT_EQ(RouteOf(longest + 'a').status, 414);
}

// No byte, raw or escaped, brings a part that is not one.
TEST(Route, EveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const Route raw = RouteOf(std::string("/weights/a") + c + "b");
    if (raw.kind == Kind::kWeights && c != '/') {
      EXPECT_EQ(raw.subject, std::string("a") + c + "b");
    }
    constexpr char kDigits[] = "0123456789abcdef";
    const std::string escaped = {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    const Route decoded = RouteOf("/weights/a" + escaped + "b");
    const bool refused = byte < 0x20 || byte == 0x7f || c == '/' || c == '\\';
    EXPECT_EQ(decoded.kind, refused ? Kind::kRefused : Kind::kWeights) << byte;
    if (!refused) {
      EXPECT_EQ(decoded.subject, std::string("a") + c + "b");
    }
  }
}

TEST(Route, WhereUrlsAreAnswered) {
  EXPECT_EQ(PathOfUrl("https://host/a/b.pth"), "/https/host/a/b.pth");
  EXPECT_EQ(PathOfUrl("http://host:81/a?b=c#d"), "/http/host:81/a?b=c");
  EXPECT_EQ(PathOfUrl("https://host/\xc3\xa4.pth"), "/https/host/%C3%A4.pth");
  EXPECT_EQ(PathOfUrl("https://host/a@b"), "/https/host/a@b");
  for (const std::string_view url :
       {"file:///etc/passwd", "ftp://host/a", "files/a", "", "https://user:secret@host/a"}) {
    EXPECT_FALSE(PathOfUrl(url)) << url;
  }
  // What a client makes of a URL is what it is answered under.
  EXPECT_EQ(RouteOf(*PathOfUrl("https://host/\xc3\xa4%20.pth?x")).subject,
            "/https/host/%C3%A4%20.pth?x");
}

}  // namespace
}  // namespace zoo
