#include "zoo/fetcher/curl_transport.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "zoo/tests/support/scripted_reply.h"
#include "zoo/tests/support/scripted_server.h"

namespace zoo {
namespace {

using End = ScriptedReply::End;

struct Seen {
  std::vector<ResponseHead> heads;
  std::string body;
  bool want_body = true;
  Receiver receiver{.head =
                        [this](const ResponseHead& head) {
                          heads.push_back(head);
                          return want_body;
                        },
                    .body =
                        [this](ByteView bytes) {
                          body += AsText(bytes);
                          return true;
                        }};
};

HttpRequest To(const ScriptedServer& server) {
  return {.url = server.url() + "/f", .private_addresses = true};
}

TEST(CurlTransportTest, AHeadAndABody) {
  ScriptedServer server({Reply(200, "body")
                             .With("ETag", "\"a\"")
                             .With("Content-TYPE", "  text/plain \t")
                             .With("Retry-After", "1")
                             .With("Retry-After", "2")
                             .With("Via", "1.1 cache")});
  CurlTransport transport;
  Seen seen;
  const Outcome outcome = transport.Get(To(server), seen.receiver);
  EXPECT_EQ(outcome.failure, NetFailure::kNone);
  EXPECT_EQ(outcome.body_bytes, 4u);
  EXPECT_TRUE(outcome.end_marked);
  EXPECT_EQ(outcome.detail, "");
  EXPECT_EQ(seen.body, "body");
  ASSERT_EQ(seen.heads.size(), 1u);
  const ResponseHead& head = seen.heads[0];
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.content_length, 4u);
  EXPECT_EQ(head.etag, "\"a\"");
  EXPECT_EQ(head.content_type, "text/plain");
  EXPECT_EQ(head.retry_after, "2");
  EXPECT_EQ(head.location, std::nullopt);
  EXPECT_TRUE(head.from_cache);
  EXPECT_TRUE(head.private_address);
}

TEST(CurlTransportTest, WhatItSends) {
  ScriptedServer server({Reply(200, "")});
  CurlTransport transport;
  Seen seen;
  HttpRequest request = To(server);
  request.offset = 5'000'000'000;
  request.if_match = "\"a\"";
  request.headers = {{"X-One", "1"}};
  (void)transport.Get(request, seen.receiver);
  (void)transport.Get(To(server), seen.receiver);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].target, "/f");
  EXPECT_EQ(requests[0].header("range"), "bytes=5000000000-");
  EXPECT_EQ(requests[0].header("if-match"), "\"a\"");
  EXPECT_EQ(requests[0].header("x-one"), "1");
  const std::map<std::string, std::string> plain = {
      {"accept", "*/*"},
      {"accept-encoding", "identity"},
      {"host", server.url().substr(7)},
      {"user-agent", "zoo"},
  };
  EXPECT_EQ(requests[1].headers, plain) << "nothing of an earlier request";
}

TEST(CurlTransportTest, NothingThatBreaksARequestIsSent) {
  ScriptedServer server({Reply(200, "")});
  CurlTransport transport;
  for (const std::string& poison :
       {std::string("a\r\nX-Evil: 1"), std::string("a\nb"), std::string("a\0b", 3)}) {
    std::vector<HttpRequest> requests(5, To(server));
    requests[0].url += poison;
    requests[1].if_match = poison;
    requests[2].credentials = poison;
    requests[3].headers = {{"X-One", poison}};
    requests[4].headers = {{poison, "1"}};
    for (const HttpRequest& request : requests) {
      Seen seen;
      EXPECT_EQ(transport.Get(request, seen.receiver).failure, NetFailure::kProtocol);
    }
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(CurlTransportTest, RepliesThatAreRefusedOrBroken) {
  const std::string long_header = "X-Long: " + std::string(90'000, 'x') + "\r\n";
  const struct {
    ScriptedReply reply;
    NetFailure failure;
  } kRows[] = {
      {{.raw = "SSH-2.0-OpenSSH_9.2\r\n"}, NetFailure::kProtocol},
      {{.raw = "just text\n"}, NetFailure::kProtocol},
      {{.raw = "HTTP/1.1 200 OK\r\n" + long_header + long_header + long_header},
       NetFailure::kProtocol},
      {{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"}, NetFailure::kCut},
      {{.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}, NetFailure::kCut},
      {{.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab"}, NetFailure::kCut},
      {Reply(200, "body").CutAfter(0, End::kReset), NetFailure::kCut},
      {{.raw = "HTTP/1.1 200 OK\r\n\r\nunmarked"}, NetFailure::kNone},
      {{.raw = "HTTP/1.1 103 Early\r\nETag: \"x\"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2"
               "\r\n\r\nok"},
       NetFailure::kNone},
      {{.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
               "ETag: \"trailer\"\r\n\r\n"},
       NetFailure::kNone},
  };
  for (const auto& row : kRows) {
    ScriptedServer server({row.reply});
    CurlTransport transport;
    Seen seen;
    const Outcome outcome = transport.Get(To(server), seen.receiver);
    EXPECT_EQ(outcome.failure, row.failure) << row.reply.raw.substr(0, 60) << outcome.detail;
    EXPECT_EQ(outcome.detail.empty(), row.failure == NetFailure::kNone);
    for (const ResponseHead& head : seen.heads) EXPECT_EQ(head.etag, std::nullopt);
  }
}

TEST(CurlTransportTest, OnlyAMarkedEndIsMarked) {
  const struct {
    const char* head;
    bool marked;
  } kRows[] = {{"HTTP/1.1 200 OK\r\n\r\nab", false},
               {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", true},
               {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", true}};
  for (const auto& row : kRows) {
    ScriptedServer server({ScriptedReply{.raw = row.head}});
    CurlTransport transport;
    Seen seen;
    const Outcome outcome = transport.Get(To(server), seen.receiver);
    EXPECT_EQ(outcome.failure, NetFailure::kNone);
    EXPECT_EQ(outcome.end_marked, row.marked) << row.head;
    EXPECT_EQ(seen.body, "ab");
  }
}

TEST(CurlTransportTest, TheReceiverMayRefuse) {
  ScriptedServer server({Reply(404, std::string(100'000, 'x'))});
  CurlTransport transport;
  Seen seen;
  seen.want_body = false;
  Outcome outcome = transport.Get(To(server), seen.receiver);
  EXPECT_EQ(outcome.failure, NetFailure::kRefused);
  EXPECT_EQ(outcome.head.status, 404);
  EXPECT_EQ(seen.body, "");

  seen.want_body = true;
  seen.receiver.body = [](ByteView) { return false; };
  outcome = transport.Get(To(server), seen.receiver);
  EXPECT_EQ(outcome.failure, NetFailure::kRefused);
  EXPECT_EQ(outcome.body_bytes, 0u);
}

TEST(CurlTransportTest, PrivateAddressesOnlyWhereTheyAreAllowed) {
  ScriptedServer server({Reply(200, "secret")});
  CurlTransport transport;
  Seen seen;
  // First an allowed one, whose connection stays open.
  EXPECT_EQ(transport.Get(To(server), seen.receiver).failure, NetFailure::kNone);
  seen.body.clear();
  const std::string port = std::to_string(server.port());
  for (const char* host :
       {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    HttpRequest request{.url = std::string("http://") + host + ":" + port + "/f"};
    EXPECT_EQ(transport.Get(request, seen.receiver).failure, NetFailure::kAddress) << host;
  }
  EXPECT_EQ(seen.body, "");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(CurlTransportTest, AProxyIsTheUsersOwnWord) {
  ScriptedServer proxy({Reply(200, "by proxy")});
  setenv("http_proxy", proxy.url().c_str(), 1);
  CurlTransport transport;
  Seen seen;
  const Outcome outcome =
      transport.Get({.url = "http://public.example/f", .private_addresses = false}, seen.receiver);
  unsetenv("http_proxy");
  EXPECT_EQ(outcome.failure, NetFailure::kNone) << outcome.detail;
  EXPECT_EQ(seen.body, "by proxy");
  EXPECT_EQ(proxy.requests().at(0).target, "http://public.example/f");
}

TEST(CurlTransportTest, NothingAnswers) {
  int port = 0;
  { port = ScriptedServer({Reply(200, "")}).port(); }
  CurlTransport transport;
  Seen seen;
  const Outcome outcome = transport.Get(
      {.url = "http://127.0.0.1:" + std::to_string(port) + "/", .private_addresses = true},
      seen.receiver);
  EXPECT_EQ(outcome.failure, NetFailure::kConnect);
  EXPECT_TRUE(seen.heads.empty());
}

TEST(CurlTransportTest, StallsAreSeenBeforeAndInsideABody) {
  for (uint64_t sent : {0, 2}) {
    ScriptedServer server({Reply(200, "body").CutAfter(sent, End::kStall)});
    CurlTransport transport({.stall_timeout = std::chrono::milliseconds(100)});
    Seen seen;
    const Outcome outcome = transport.Get(To(server), seen.receiver);
    EXPECT_EQ(outcome.failure, NetFailure::kTimeout);
    EXPECT_EQ(outcome.body_bytes, sent);
    EXPECT_EQ(outcome.detail, "too slow");
  }
}

TEST(CurlTransportTest, CancelledWhileNothingComes) {
  ScriptedServer server({Reply(200, "body").CutAfter(2, End::kStall)});
  CurlTransport transport;
  std::atomic<bool> stop{false};
  Seen seen;
  seen.receiver.body = [&](ByteView) {
    stop = true;
    return true;
  };
  HttpRequest request = To(server);
  request.cancel = CancelToken(&stop);
  EXPECT_EQ(transport.Get(request, seen.receiver).failure, NetFailure::kCancelled);
}

TEST(CurlTransportTest, OneConnectionServesManyRequests) {
  ScriptedServer server({Reply(200, "body")});
  CurlTransport transport;
  Seen seen;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(transport.Get(To(server), seen.receiver).failure, NetFailure::kNone);
  }
  EXPECT_EQ(server.requests().size(), 5u);
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace zoo
