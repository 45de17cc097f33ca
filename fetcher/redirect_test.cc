#include "zoo/fetcher/redirect.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "zoo/tests/support/fake_transport.h"
#include "zoo/tests/support/wire.h"

namespace zoo {
namespace {

ScriptedReply Redirect(int status, std::string location) {
  return Reply(status, "moved").With("Location", std::move(location));
}

struct Seen {
  std::vector<int> heads;
  std::string body;
  Receiver receiver{.head =
                        [this](const ResponseHead& head) {
                          heads.push_back(head.status);
                          return true;
                        },
                    .body =
                        [this](ByteView bytes) {
                          body += AsText(bytes);
                          return true;
                        }};
};

HttpRequest Request() {
  return {.offset = 7,
          .if_match = "\"tag\"",
          .headers = {{"X-Token", "canary"}},
          .private_addresses = true};
}

class RedirectTest : public testing::TestWithParam<WireKind> {};
INSTANTIATE_TEST_SUITE_P(, RedirectTest, testing::Values(WireKind::kFake, WireKind::kCurl),
                         [](const auto& info) {
                           return info.param == WireKind::kFake ? "Fake" : "Curl";
                         });

TEST_P(RedirectTest, FollowsEveryKindAndShowsOnlyTheLastReply) {
  for (int status : {301, 302, 303, 307, 308}) {
    Wire wire(GetParam(), {Redirect(status, "../b"), Reply(200, "here")});
    Seen seen;
    const Hops hops = GetFollowing(wire.transport(), ParseUrl(wire.url() + "/x/a").value(),
                                   Request(), seen.receiver);
    EXPECT_EQ(hops.outcome.failure, NetFailure::kNone) << hops.outcome.detail;
    EXPECT_EQ(hops.requests, 2);
    EXPECT_EQ(seen.heads, std::vector<int>{200});
    EXPECT_EQ(seen.body, "here");
    const auto requests = wire.requests();
    EXPECT_EQ(requests[1].header("range"), "bytes=7-");
    EXPECT_EQ(requests[1].header("if-match"), "\"tag\"");
    EXPECT_EQ(requests[1].header("x-token"), "canary") << "the same origin";
  }
}

TEST_P(RedirectTest, SecretsStayWithTheOriginTheyWereMeantFor) {
  Wire other(GetParam(), {Reply(200, "")});
  Wire first(GetParam(), {Redirect(302, other.other_url() + "/b")});
  std::string url = first.url() + "/a";
  url.insert(std::string("http://").size(), "me:canary%21%2F@");
  Seen seen;
  (void)GetFollowing(first.transport(), ParseUrl(url).value(), Request(), seen.receiver);
  const auto asked_first = first.requests();
  ASSERT_GE(asked_first.size(), 1u);
  EXPECT_EQ(asked_first[0].header("x-token"), "canary");
  EXPECT_EQ(asked_first[0].header("authorization"),
            GetParam() == WireKind::kFake ? "me:canary!/" : "Basic bWU6Y2FuYXJ5IS8=");
  const auto asked_other = GetParam() == WireKind::kFake
                               ? std::vector(asked_first.begin() + 1, asked_first.end())
                               : other.requests();
  ASSERT_GE(asked_other.size(), 1u);
  EXPECT_EQ(asked_other[0].target, "/b");
  EXPECT_EQ(asked_other[0].header("range"), "bytes=7-");
  for (const ReceivedRequest& request : asked_other) {
    for (const auto& [name, value] : request.headers) {
      EXPECT_EQ(value.find("canary"), std::string::npos) << name;
      EXPECT_NE(name, "authorization");
    }
  }
}

TEST_P(RedirectTest, AtMostTen) {
  std::vector<ScriptedReply> ten(10, Redirect(302, "/next"));
  ten.push_back(Reply(200, "here"));
  Wire reached(GetParam(), ten);
  Seen seen;
  Hops hops =
      GetFollowing(reached.transport(), ParseUrl(reached.url()).value(), Request(), seen.receiver);
  EXPECT_EQ(seen.body, "here");
  EXPECT_EQ(hops.requests, 11);

  Wire loop(GetParam(), {Redirect(302, "/again")});
  hops = GetFollowing(loop.transport(), ParseUrl(loop.url()).value(), Request(), seen.receiver);
  EXPECT_EQ(hops.outcome.failure, NetFailure::kRedirect);
  EXPECT_EQ(hops.outcome.detail, "it redirects more than 10 times");
  EXPECT_EQ(loop.requests().size(), 11u);
}

TEST(RedirectFakeTest, NeverFromHttpsToHttpNorToAnythingElse) {
  const struct {
    const char *from, *location, *detail;
  } kRows[] = {
      {"https://host/a", "http://host/b?sig=canary",
       "it redirects from https to http (http://host/b?***)"},
      {"https://host/a", "file:///etc/passwd",
       "\"file:///etc/passwd\" is not a URL that can be fetched: it must begin with http:// or "
       "https://"},
      {"http://host/a", "gopher://host/",
       "\"gopher://host/\" is not a URL that can be fetched: it must begin with http:// or "
       "https://"},
      {"http://host/a", "//", "\"//\" is not a URL that can be fetched: its host or port is wrong"},
  };
  for (const auto& row : kRows) {
    FakeTransport fake({Redirect(302, row.location), Reply(200, "wrong")});
    Seen seen;
    const Hops hops = GetFollowing(fake, ParseUrl(row.from).value(), Request(), seen.receiver);
    EXPECT_EQ(hops.outcome.failure, NetFailure::kRedirect);
    EXPECT_EQ(hops.outcome.detail, row.detail);
    EXPECT_EQ(fake.requests().size(), 1u);
    EXPECT_EQ(seen.body, "");
  }
}

TEST(RedirectFakeTest, WhatWasDroppedOnTheWayIsNotPickedUpAgain) {
  FakeTransport fake(
      {Redirect(302, "https://other/"), Redirect(302, "https://host/c"), Reply(200, "here")});
  Seen seen;
  (void)GetFollowing(fake, ParseUrl("https://me:canary@host/").value(), Request(), seen.receiver);
  ASSERT_EQ(fake.requests().size(), 3u);
  EXPECT_EQ(fake.requests()[0].header("authorization"), "me:canary");
  EXPECT_EQ(fake.requests()[2].header("authorization"), "");
  EXPECT_EQ(fake.requests()[2].header("x-token"), "");
}

TEST(RedirectFakeTest, HttpToHttpsAndBlanksInLocation) {
  FakeTransport fake({Redirect(302, "https://host/a b"), Reply(200, "here")});
  Seen seen;
  (void)GetFollowing(fake, ParseUrl("http://host/").value(), Request(), seen.receiver);
  EXPECT_EQ(fake.urls(), (std::vector<std::string>{"http://host/", "https://host/a%20b"}));
}

TEST(RedirectFakeTest, ARedirectWithoutLocationIsAReply) {
  FakeTransport fake({Reply(302, "")});
  Seen seen;
  const Hops hops = GetFollowing(fake, ParseUrl("http://host/").value(), Request(), seen.receiver);
  EXPECT_EQ(hops.outcome.failure, NetFailure::kNone);
  EXPECT_EQ(seen.heads, std::vector<int>{302});
}

// A transport whose first host is public and whose others look at what they may reach.
class PublicTransport final : public Transport {
 public:
  Outcome Get(const HttpRequest& request, const Receiver&) override {
    allowed.push_back(request.private_addresses);
    Outcome outcome{.head = {.status = 302, .location = "http://169.254.169.254/"}};
    if (allowed.size() > 1) outcome = {.failure = NetFailure::kAddress};
    return outcome;
  }
  std::vector<bool> allowed;
};

TEST(RedirectFakeTest, FromAPublicAddressNeverToAPrivateOne) {
  PublicTransport transport;
  Seen seen;
  const Hops hops =
      GetFollowing(transport, ParseUrl("http://host/").value(), Request(), seen.receiver);
  EXPECT_EQ(transport.allowed, (std::vector<bool>{true, false}));
  EXPECT_EQ(hops.outcome.failure, NetFailure::kAddress);
}

}  // namespace
}  // namespace zoo
