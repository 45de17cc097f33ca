#include "zoo/fetcher/pull.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/fetcher/reporter.h"
#include "zoo/fetcher/test_pull.h"
#include "zoo/tests/support/fake_transport.h"
#include "zoo/tests/support/seeded_bytes.h"
#include "zoo/tests/support/wire.h"

namespace zoo {
namespace {

using End = ScriptedReply::End;

class PullTest : public testing::TestWithParam<WireKind> {};
INSTANTIATE_TEST_SUITE_P(, PullTest, testing::Values(WireKind::kFake, WireKind::kCurl),
                         [](const auto& info) {
                           return info.param == WireKind::kFake ? "Fake" : "Curl";
                         });

TEST_P(PullTest, DownloadsOnceAndHitsAfterwards) {
  const std::string file = SeededBytes(100'000, 1);
  Wire wire(GetParam(), {Reply(200, file)});
  const Entry entry = EntryOf(file, {wire.url() + "/tiny.pth"});
  Desk desk;
  const Pulled pulled = desk.Pull(entry, wire.transport()).value();
  EXPECT_EQ(Contents(pulled.blob.path()), file);
  EXPECT_FALSE(pulled.cached);
  EXPECT_EQ(pulled.requests, 1);
  EXPECT_EQ(pulled.bytes_received, file.size());
  EXPECT_EQ(pulled.bytes_reused, 0u);
  EXPECT_EQ(pulled.source, wire.url() + "/tiny.pth");
  ASSERT_EQ(wire.requests().size(), 1u);
  EXPECT_EQ(wire.requests()[0].header("accept-encoding"), "identity");
  EXPECT_EQ(wire.requests()[0].header("range"), "");

  const Pulled again = desk.Pull(entry, wire.transport()).value();
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(again.requests, 0);
  EXPECT_EQ(again.blob.path(), pulled.blob.path());
  EXPECT_EQ(wire.requests().size(), 1u);
}

TEST_P(PullTest, EveryCutOfASmallBodyIsResumed) {
  const std::string file = SeededBytes(4096, 2);
  std::vector<ScriptedReply> script;
  for (size_t cut = 0; cut < file.size(); ++cut) {
    script.push_back(Reply(200, file).With("ETag", "\"v1\"").CutAfter(cut));
    script.push_back(cut == 0 ? Reply(200, file) : PartReply(file, cut));
  }
  Wire wire(GetParam(), std::move(script));
  const Entry entry = EntryOf(file, {wire.url() + "/f"});
  Desk desk;
  for (size_t cut = 0; cut < file.size(); ++cut) {
    const auto pulled = desk.Pull(entry, wire.transport());
    ASSERT_TRUE(pulled) << cut << ": " << pulled.error().Text();
    ASSERT_EQ(Contents(pulled->blob.path()), file) << cut;
    ASSERT_EQ(pulled->bytes_received, file.size()) << cut;
    ASSERT_EQ(pulled->requests, 2) << cut;
    ASSERT_TRUE(desk.store.Remove(pulled->blob.digest()));
  }
  const auto requests = wire.requests();
  for (size_t cut = 1; cut < file.size(); ++cut) {
    EXPECT_EQ(requests[2 * cut + 1].header("range"), "bytes=" + std::to_string(cut) + "-");
    EXPECT_EQ(requests[2 * cut + 1].header("if-match"), "\"v1\"");
  }
  EXPECT_EQ(desk.clock.sleeps().size(), file.size());
}

// How a source fails, and what is said of it. Each body is the file but for what the row says.
struct FailureCase {
  std::vector<ScriptedReply> script;
  ErrorCode code;
  std::string error;  // URL stands for the source
  int requests = 1;
};

void ExpectFailure(WireKind kind, const std::string& file, const FailureCase& row) {
  Wire wire(kind, row.script);
  const std::string url = wire.url() + "/tiny.pth";
  Desk desk;
  const auto pulled = desk.Pull(EntryOf(file, {url}), wire.transport());
  ASSERT_FALSE(pulled) << row.error;
  std::string expected = row.error;
  if (const size_t at = expected.find("URL"); at != std::string::npos) expected.replace(at, 3, url);
  EXPECT_EQ(pulled.error().Text(), expected);
  EXPECT_EQ(pulled.error().code, row.code) << expected;
  EXPECT_EQ(wire.requests().size(), static_cast<size_t>(row.requests)) << expected;
  EXPECT_EQ(desk.BlobCount(), 0u);
}

TEST_P(PullTest, StatusesThatWillNotDo) {
  const std::string file = SeededBytes(2000, 3);
  const FailureCase kRows[] = {
      {{Reply(404, "no")},
       ErrorCode::kNetwork,
       "cannot get tiny:v1: URL: it answers 404 Not Found"},
      {{Reply(403, "no")},
       ErrorCode::kNetwork,
       "cannot get tiny:v1: URL: it answers 403 Forbidden"},
      {{Reply(503, "no")},
       ErrorCode::kNetwork,
       "cannot get tiny:v1: URL: it answers 503 Service Unavailable (6 attempts)",
       6},
      {{Reply(429, "no").With("Retry-After", "3600")},
       ErrorCode::kNetwork,
       "cannot get tiny:v1: URL: it answers 429 Too Many Requests and asks to come back in 3600 s"},
      {{Reply(204, "")}, ErrorCode::kNetwork, "cannot get tiny:v1: URL: it answers 204"},
      {{Reply(206, file).With("Content-Range", "bytes 0-1999/2000")},
       ErrorCode::kNetwork,
       "cannot get tiny:v1: URL: it answers 206"},
      {{Reply(302, "").With("Location", "/again")},
       ErrorCode::kNetwork,
       "cannot get tiny:v1: URL: it redirects more than 10 times",
       11},
      {{Reply(200, file).With("Content-Encoding", "gzip")},
       ErrorCode::kNetwork,
       "cannot get tiny:v1: URL: it sends the body encoded as \"gzip\", though asked not to"},
  };
  for (const FailureCase& row : kRows) ExpectFailure(GetParam(), file, row);
}

TEST_P(PullTest, BodiesThatAreNotTheFile) {
  const std::string file = SeededBytes(2000, 3);
  std::string flipped = file;
  flipped[1234] ^= 1;
  const std::string html = "<!DOCTYPE html><html><title>Sign in</title></html>";
  const std::string right = Digest::Of(AsBytes(file)).hex();
  const std::string wrong = Digest::Of(AsBytes(flipped)).hex();
  const FailureCase kRows[] = {
      {{Reply(200, flipped)},
       ErrorCode::kCorrupt,
       "cannot get tiny:v1: tiny.pth: sha256 is " + wrong + ", it must be " + right +
           "; the download was deleted. If it repeats, the publisher changed the file: do not use "
           "it"},
      {{Reply(200, html)}, ErrorCode::kCorrupt, "HTML"},
      {{Reply(200, file + "x")},
       ErrorCode::kCorrupt,
       "cannot get tiny:v1: URL: it offers 2001 bytes, the registry says 2000"},
      {{ScriptedReply{.body = file + "x", .chunked = true}},
       ErrorCode::kCorrupt,
       "cannot get tiny:v1: URL: it sends more than the 2000 bytes that the registry says"},
  };
  for (const FailureCase& row : kRows) {
    if (row.error != "HTML") ExpectFailure(GetParam(), file, row);
  }
  Wire wire(GetParam(), {Reply(200, html)});
  Desk desk;
  const auto pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport());
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(pulled.error().message.starts_with(
      "cannot get tiny:v1: tiny.pth: 50 bytes arrived, the file has 2000; what arrived is "))
      << pulled.error().message;
  EXPECT_NE(pulled.error().message.find("HTML"), std::string::npos) << pulled.error().message;
}

TEST_P(PullTest, AnEndlessBodyStopsAtTheCap) {
  const std::string file = SeededBytes(100'000, 3);
  for (const bool chunked : {true, false}) {
    Wire wire(GetParam(), {ScriptedReply{.body = std::string(10'000, 'x'),
                                         .content_length = -1,
                                         .repeat = 100'000,
                                         .chunked = chunked}});
    Desk desk;
    uint64_t most = 0;
    desk.options.progress = [&](const Progress& progress) {
      most = std::max(most, progress.bytes);
      desk.clock.Advance(Reporter::kInterval);
    };
    const auto pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport());
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(pulled.error().Text(), "cannot get tiny:v1: " + wire.url() +
                                         "/f: it sends more than the 100000 bytes that the "
                                         "registry says");
    EXPECT_LE(most, file.size());
    EXPECT_EQ(wire.requests().size(), 1u);
  }
}

TEST_P(PullTest, OfAnUnknownSizeTheServerSaysWhenItIsAllThere) {
  const std::string file = SeededBytes(5000, 18);
  Entry entry = EntryOf(file, {});
  entry.artifact.size.reset();
  entry.artifact.min_size = 100;
  entry.artifact.max_size = 10'000;
  const std::vector<std::vector<ScriptedReply>> kScripts = {
      {Reply(200, file)},
      {Reply(200, file).CutAfter(3000), PartReply(file, 3000)},
      {ScriptedReply{.body = file, .chunked = true}},
      {ScriptedReply{.body = file, .content_length = -1}},
      {ScriptedReply{.body = file, .end = End::kDrop, .chunked = true},
       Reply(416, "nothing more").With("Content-Range", "bytes */5000")},
  };
  for (const auto& script : kScripts) {
    Wire wire(GetParam(), script);
    entry.artifact.sources = {UrlSource{wire.url() + "/f"}};
    Desk desk;
    const auto pulled = desk.Pull(entry, wire.transport());
    ASSERT_TRUE(pulled) << pulled.error().Text();
    EXPECT_EQ(Contents(pulled->blob.path()), file);
    EXPECT_EQ(wire.requests().size(), script.size());
  }
}

TEST_P(PullTest, NoRequestWhenOffline) {
  const std::string file = SeededBytes(100, 19);
  Wire wire(GetParam(), {Reply(200, file)});
  const Entry entry = EntryOf(file, {wire.url() + "/f"});
  Desk desk;
  desk.options.offline = true;
  const auto pulled = desk.Pull(entry, wire.transport());
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(pulled.error().Text(),
            "tiny:v1 is not in the cache, and this run is offline; `zoo pull tiny:v1` gets it "
            "where there is a network");
  EXPECT_EQ(wire.requests().size(), 0u);
  EXPECT_FALSE(std::filesystem::exists(desk.folder.path() / "cache"));

  const auto missing = FindCached(entry, desk.store);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().Text(), "tiny:v1 is not in the cache; `zoo pull tiny:v1` gets it");
  desk.options.offline = false;
  ASSERT_TRUE(desk.Pull(entry, wire.transport()));
  desk.options.offline = true;
  EXPECT_TRUE(desk.Pull(entry, wire.transport()).value().cached);
  EXPECT_TRUE(FindCached(entry, desk.store));
}

TEST_P(PullTest, CancelledInTheMiddleOfABody) {
  const std::string file = SeededBytes(500'000, 20);
  Wire wire(GetParam(), {Reply(200, file)});
  Desk desk;
  std::atomic<bool> stop{false};
  desk.options.cancel = CancelToken(&stop);
  desk.options.progress = [&](const Progress& progress) {
    stop = stop || progress.phase == Progress::Phase::kReceiving;
  };
  const auto pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport());
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(desk.BlobCount(), 0u);
}

TEST_P(PullTest, SecretsInUrlsAreNotShown) {
  const std::string file = SeededBytes(100, 21);
  Wire wire(GetParam(), {Reply(404, "")});
  std::string url = wire.url() + "/f?X-Signature=canary#canary";
  url.insert(std::string("http://").size(), "me:canary@");
  Desk desk;
  std::string shown;
  desk.options.progress = [&](const Progress& progress) {
    shown += progress.source + progress.reason;
  };
  const auto pulled = desk.Pull(EntryOf(file, {url}), wire.transport());
  ASSERT_FALSE(pulled);
  EXPECT_EQ((shown + pulled.error().Text()).find("canary"), std::string::npos)
      << shown << pulled.error().Text();
  EXPECT_EQ(wire.requests()[0].target, "/f?X-Signature=canary");
}

TEST(PullFakeTest, NetworkFailuresAreRetriedAsLongAsTheyMayPass) {
  const std::string file = SeededBytes(3000, 23);
  const struct {
    NetFailure failure;
    int requests;
    std::string message;
  } kRows[] = {
      {NetFailure::kDns, 3, "its host's address was not found (3 attempts)"},
      {NetFailure::kConnect, 3, "no connection (3 attempts)"},
      {NetFailure::kTls, 1, "no trusted connection"},
      {NetFailure::kTimeout, 6, "no bytes came in time (6 attempts)"},
      {NetFailure::kCut, 6, "the connection was cut (6 attempts)"},
      {NetFailure::kProtocol, 1, "what answers is not HTTP"},
  };
  for (const auto& row : kRows) {
    FakeTransport fake;
    for (int i = 0; i < 10; ++i) fake.FailNext(row.failure);
    Desk desk;
    const auto pulled = desk.Pull(EntryOf(file, {"https://host/f"}), fake);
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().Text(), "cannot get tiny:v1: https://host/f: " + row.message);
    EXPECT_EQ(fake.requests().size(), static_cast<size_t>(row.requests));
  }
}

}  // namespace
}  // namespace zoo
