#include "zoo/fetcher/pull.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/cache/ingest.h"
#include "zoo/fetcher/reporter.h"
#include "zoo/fetcher/retry.h"
#include "zoo/tests/support/fake_process.h"
#include "zoo/tests/support/fake_transport.h"
#include "zoo/tests/support/manual_clock.h"
#include "zoo/tests/support/seeded_bytes.h"
#include "zoo/tests/support/temp_dir.h"
#include "zoo/tests/support/unsynced_disk.h"
#include "zoo/tests/support/wire.h"

namespace zoo {
namespace {

using End = ScriptedReply::End;

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Entry EntryOf(const std::string& bytes, std::vector<std::string> urls) {
  Entry entry{.registry = "test", .model = "tiny", .weights = "v1"};
  entry.artifact = {.file = "tiny.pth",
                    .size = bytes.size(),
                    .min_size = bytes.size(),
                    .max_size = bytes.size(),
                    .sha256 = Digest::Of(AsBytes(bytes))};
  for (std::string& url : urls) entry.artifact.sources.push_back(UrlSource{std::move(url)});
  return entry;
}

// A cache of its own, and all that a pull needs besides a transport.
struct Desk {
  TempDir folder = TempDir::InMemory();
  UnsyncedDisk disk;
  Store store = Store::Open(folder.path() / "cache", disk).value();
  ManualClock clock;
  FakeProcess process;
  PullOptions options;

  Result<Pulled> Pull(const Entry& entry, Transport& transport) {
    return zoo::Pull(entry, store, {transport, clock, process}, options);
  }
  size_t BlobCount() const { return store.List().value().size(); }
};

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

// What interrupts a body, and goes on with the rest.
TEST_P(PullTest, InterruptedBodiesAreResumed) {
  const std::string file = SeededBytes(5000, 4);
  const struct {
    ScriptedReply first;
    size_t staged;
  } kRows[] = {
      {Reply(200, file).CutAfter(1000), 1000},
      {Reply(200, file).CutAfter(1000, End::kStall), 1000},
      {ScriptedReply{.body = file, .end = End::kDrop, .sent_bytes = 2000, .chunked = true}, 2000},
      {ScriptedReply{.body = file, .content_length = -1, .end = End::kDrop, .sent_bytes = 3000},
       3000},
  };
  for (const auto& row : kRows) {
    Wire wire(GetParam(), {row.first, PartReply(file, row.staged)});
    Desk desk;
    const auto pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport());
    ASSERT_TRUE(pulled) << pulled.error().Text();
    EXPECT_EQ(Contents(pulled->blob.path()), file);
    EXPECT_EQ(pulled->requests, 2);
    EXPECT_EQ(pulled->bytes_received, file.size());
    EXPECT_EQ(wire.requests()[1].header("range"), "bytes=" + std::to_string(row.staged) + "-");
    EXPECT_EQ(wire.requests()[1].header("if-match"), "") << "no ETag was given";
  }
}

TEST_P(PullTest, AResetIsResumed) {
  const std::string file = SeededBytes(5000, 4);
  // How much of the body gets through before a reset is the network's business.
  Wire wire(GetParam(), {Reply(200, file).CutAfter(0, End::kReset), Reply(200, file)});
  Desk desk;
  const Pulled pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport()).value();
  EXPECT_EQ(Contents(pulled.blob.path()), file);
  EXPECT_EQ(pulled.requests, 2);
}

TEST_P(PullTest, AServerThatIgnoresRangesIsReadFromTheStart) {
  const std::string file = SeededBytes(5000, 5);
  Wire wire(GetParam(), {Reply(200, file).CutAfter(4000), Reply(200, file)});
  Desk desk;
  const Pulled pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport()).value();
  EXPECT_EQ(Contents(pulled.blob.path()), file);
  EXPECT_EQ(pulled.requests, 2);
  EXPECT_EQ(pulled.bytes_received, 9000u);
}

TEST_P(PullTest, ALyingContentRangeRestartsOnce) {
  const std::string file = SeededBytes(5000, 6);
  const std::string part = file.substr(4000);
  const char* const kLies[] = {
      "bytes 0-999/5000",     "bytes 4001-5000/5001", "bytes 3999-4998/5000",
      "bytes 4000-4998/5000", "bytes 4000-4999/*",    "bytes */5000",
      "bytes 4000-4999/6000", "items 4000-4999/5000", "bytes 4999-4000/5000",
      "bytes=4000-4999/5000", "bytes 4000-4999",      ""};
  for (const char* lie : kLies) {
    Wire wire(GetParam(), {Reply(200, file).CutAfter(4000),
                           Reply(206, part).With("Content-Range", lie), Reply(200, file)});
    Desk desk;
    const auto pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport());
    ASSERT_TRUE(pulled) << lie << pulled.error().Text();
    EXPECT_EQ(Contents(pulled->blob.path()), file);
    ASSERT_EQ(wire.requests().size(), 3u) << lie;
    EXPECT_EQ(wire.requests()[2].header("range"), "");
  }
  Wire always(GetParam(), {Reply(200, file).CutAfter(4000),
                           Reply(206, part).With("Content-Range", "bytes 0-999/5000"),
                           Reply(200, file).CutAfter(4000),
                           Reply(206, part).With("Content-Range", "bytes 0-999/5000")});
  Desk desk;
  const auto pulled = desk.Pull(EntryOf(file, {always.url() + "/f"}), always.transport());
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().Text(),
            "cannot get tiny:v1: " + always.url() +
                "/f: asked for bytes from 4000 of 5000 on, it sends \"bytes 0-999/5000\"; the 3.9 "
                "KiB that arrived are kept: the same command goes on from there");
  EXPECT_EQ(always.requests().size(), 4u);
}

TEST_P(PullTest, AChangedObjectIsReadAnew) {
  const std::string file = SeededBytes(5000, 7);
  const auto cut = [&] { return Reply(200, file).With("ETag", "\"a\"").CutAfter(4000); };
  const ScriptedReply kChanges[] = {Reply(412, ""),
                                    Reply(416, "").With("Content-Range", "bytes */3000"),
                                    PartReply(file, 4000).With("ETag", "\"b\"")};
  for (const ScriptedReply& change : kChanges) {
    Wire wire(GetParam(), {cut(), change, Reply(200, file)});
    Desk desk;
    const auto pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport());
    ASSERT_TRUE(pulled) << pulled.error().Text();
    EXPECT_EQ(Contents(pulled->blob.path()), file);
    ASSERT_EQ(wire.requests().size(), 3u);
    EXPECT_EQ(wire.requests()[1].header("if-match"), "\"a\"");
    EXPECT_EQ(wire.requests()[2].header("if-match"), "");
  }
}

// A weak tag says nothing of bytes, and a malformed one must not reach a request.
TEST_P(PullTest, OnlyStrongTagsAreSentBack) {
  const std::string file = SeededBytes(5000, 7);
  for (const char* tag : {"W/\"a\"", "a", "\"", "\"a b\"", "\"a\"b\""}) {
    Wire wire(GetParam(),
              {Reply(200, file).With("ETag", tag).CutAfter(4000), PartReply(file, 4000)});
    Desk desk;
    EXPECT_TRUE(desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport()));
    EXPECT_EQ(wire.requests()[1].header("if-match"), "") << tag;
  }
}

// The same ETag for other bytes: only the digest sees it, and one fresh reading follows.
TEST_P(PullTest, PiecesThatDoNotFitTogetherAreReadOnceMore) {
  const std::string file = SeededBytes(5000, 8);
  const std::string other = SeededBytes(5000, 9);
  Wire wire(GetParam(), {Reply(200, other).With("ETag", "\"a\"").CutAfter(4000),
                         PartReply(file, 4000).With("ETag", "\"a\""), Reply(200, file)});
  Desk desk;
  const Pulled pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport()).value();
  EXPECT_EQ(Contents(pulled.blob.path()), file);
  ASSERT_EQ(wire.requests().size(), 3u);
  EXPECT_EQ(wire.requests()[2].header("range"), "");
  EXPECT_EQ(wire.requests()[2].header("cache-control"), "no-cache");
}

TEST_P(PullTest, AStaleCacheOnTheWayIsPassedOnce) {
  const std::string file = SeededBytes(5000, 8);
  const std::string stale = SeededBytes(5000, 9);
  Wire cured(GetParam(), {Reply(200, stale).With("Age", "60"), Reply(200, file)});
  Desk desk;
  EXPECT_TRUE(desk.Pull(EntryOf(file, {cured.url() + "/f"}), cured.transport()));
  EXPECT_EQ(cured.requests()[1].header("cache-control"), "no-cache");

  Wire hopeless(GetParam(), {Reply(200, stale).With("Age", "60")});
  Desk other;
  const auto pulled = other.Pull(EntryOf(file, {hopeless.url() + "/f"}), hopeless.transport());
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(hopeless.requests().size(), 2u);
}

TEST_P(PullTest, WaitsAsLongAsTheServerAsks) {
  const std::string file = SeededBytes(1000, 10);
  Wire wire(GetParam(), {Reply(429, "").With("Retry-After", "90"), Reply(500, ""),
                         Reply(503, "").With("Retry-After", "0"), Reply(200, file)});
  Desk desk;
  std::vector<std::string> reasons;
  desk.options.progress = [&](const Progress& progress) {
    if (progress.phase == Progress::Phase::kWaiting) reasons.push_back(progress.reason);
  };
  const Pulled pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport()).value();
  EXPECT_EQ(pulled.requests, 4);
  const auto& sleeps = desk.clock.sleeps();
  ASSERT_EQ(sleeps.size(), 3u);
  EXPECT_EQ(sleeps[0], std::chrono::seconds(90));
  EXPECT_GE(sleeps[1], Backoff(2, 0));
  EXPECT_LE(sleeps[1], Backoff(2, 1));
  EXPECT_GE(sleeps[2], Backoff(3, 0)) << "never sooner than our own backoff";
  EXPECT_EQ(reasons, (std::vector<std::string>{"it answers 429 Too Many Requests",
                                               "it answers 500 Internal Server Error",
                                               "it answers 503 Service Unavailable"}));
}

// Each attempt brings a little, and never enough to start counting anew.
TEST_P(PullTest, AServerThatDripsIsLeft) {
  const std::string file = SeededBytes(5000, 11);
  std::vector<ScriptedReply> script = {Reply(200, file).CutAfter(10)};
  for (uint64_t at = 10; at < 100; at += 10) {
    script.push_back(PartReply(file, at).CutAfter(10));
  }
  Wire wire(GetParam(), script);
  Desk desk;
  const auto pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport());
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::kNetwork);
  EXPECT_EQ(wire.requests().size(), 6u);
  EXPECT_EQ(desk.clock.sleeps().size(), 5u) << "none after the last failure";
}

TEST_P(PullTest, ALongFileMayBeCutMoreOftenThanThat) {
  const std::string file = SeededBytes(1'000'000, 12);
  constexpr uint64_t kStep = 70'000;
  std::vector<ScriptedReply> script = {Reply(200, file).CutAfter(kStep)};
  for (uint64_t at = kStep; at < file.size(); at += kStep) {
    script.push_back(PartReply(file, at).CutAfter(kStep));
  }
  Wire wire(GetParam(), script);
  Desk desk;
  const auto pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport());
  ASSERT_TRUE(pulled) << pulled.error().Text();
  EXPECT_EQ(pulled->requests, 15);
  EXPECT_EQ(pulled->bytes_received, file.size());
}

TEST_P(PullTest, AnotherRunGoesOnWhereTheLastOneStopped) {
  const std::string file = SeededBytes(5000, 13);
  Desk desk;
  std::atomic<bool> stop{false};
  desk.options.cancel = CancelToken(&stop);
  desk.options.progress = [&](const Progress& progress) {
    stop = progress.phase == Progress::Phase::kWaiting;
  };
  Wire first(GetParam(), {Reply(200, file).With("ETag", "\"a\"").CutAfter(3000)});
  const auto cancelled = desk.Pull(EntryOf(file, {first.url() + "/f"}), first.transport());
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(cancelled.error().Text(),
            "tiny:v1: cancelled; the 2.9 KiB that arrived are kept: the same command goes on from "
            "there");
  EXPECT_EQ(desk.store.Partials().value().size(), 1u);

  stop = false;
  desk.options.progress = {};
  Wire second(GetParam(), {PartReply(file, 3000)});
  const Pulled pulled = desk.Pull(EntryOf(file, {second.url() + "/f"}), second.transport()).value();
  EXPECT_EQ(pulled.bytes_reused, 3000u);
  EXPECT_EQ(pulled.bytes_received, 2000u);
  EXPECT_EQ(second.requests()[0].header("range"), "bytes=3000-");
  EXPECT_EQ(second.requests()[0].header("if-match"), first.url() == second.url() ? "\"a\"" : "")
      << "a tag is of one source only";
}

TEST_P(PullTest, StagedBytesThatAreAllThereTakeNoRequest) {
  const std::string file = SeededBytes(5000, 14);
  const Entry entry = EntryOf(file, {"http://127.0.0.1:1/never"});
  Desk desk;
  IngestKey key{.file = "tiny.pth", .sha256 = entry.artifact.sha256, .size = file.size()};
  {
    Ingest ingest = desk.store.Begin(key, {}).value();
    ASSERT_TRUE(ingest.Append(AsBytes(file)));
  }
  Wire wire(GetParam(), {Reply(404, "")});
  const Pulled pulled = desk.Pull(entry, wire.transport()).value();
  EXPECT_EQ(pulled.requests, 0);
  EXPECT_EQ(pulled.bytes_reused, file.size());
  EXPECT_EQ(wire.requests().size(), 0u);
}

TEST_P(PullTest, OneGoodSourceAmongBadOnesIsEnough) {
  const std::string file = SeededBytes(5000, 15);
  Wire wire(GetParam(), {Reply(404, ""), Reply(200, SeededBytes(5000, 16)),
                         Reply(200, std::string(6000, 'x')), Reply(200, file)});
  const Entry entry =
      EntryOf(file, {wire.url() + "/a", wire.url() + "/b", wire.url() + "/c", wire.url() + "/d"});
  Desk desk;
  const Pulled pulled = desk.Pull(entry, wire.transport()).value();
  EXPECT_EQ(pulled.source, wire.url() + "/d");
  EXPECT_EQ(pulled.requests, 4);
  EXPECT_LE(pulled.bytes_received, 2 * file.size()) << "one bad body and the good one";

  Wire none(GetParam(), {Reply(404, ""), Reply(410, "")});
  Desk other;
  const auto failed =
      other.Pull(EntryOf(file, {none.url() + "/a", none.url() + "/b"}), none.transport());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().Text(), "cannot get tiny:v1: " + none.url() +
                                       "/a: it answers 404 Not Found; then " + none.url() +
                                       "/b: it answers 410 Gone");
}

TEST_P(PullTest, MirrorsComeFirstAndTheOriginalLast) {
  const std::string file = SeededBytes(5000, 17);
  Wire wire(GetParam(), {Reply(404, ""), Reply(200, file)});
  Desk desk;
  desk.options.mirrors = {{"https://host.invalid/models/", wire.url() + "/a/"},
                          {"https://host.invalid/", wire.url() + "/b/"}};
  desk.options.public_addresses_only = true;  // the mirror is the user's own word
  const Pulled pulled =
      desk.Pull(EntryOf(file, {"https://host.invalid/models/f"}), wire.transport()).value();
  EXPECT_EQ(pulled.source, wire.url() + "/b/models/f");
  EXPECT_EQ(wire.requests()[0].target, "/a/f");
  EXPECT_EQ(wire.requests()[1].target, "/b/models/f");
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

Entry PrefixOnly(const std::string& file, std::string url) {
  Entry entry = EntryOf(file, {std::move(url)});
  entry.artifact.sha256_prefix = entry.artifact.sha256->hex().substr(0, 8);
  entry.artifact.sha256.reset();
  return entry;
}

TEST(PullFakeTest, APrefixOnlyFileComesOverHttpsFromItsOwnUrl) {
  const std::string file = SeededBytes(3000, 22);
  Desk desk;
  desk.options.mirrors = {{"https://host/", "http://mirror/"}};
  FakeTransport fake({Reply(200, file)});
  const Pulled pulled = desk.Pull(PrefixOnly(file, "https://host/f"), fake).value();
  EXPECT_TRUE(pulled.prefix_only);
  EXPECT_EQ(fake.urls(), std::vector<std::string>{"https://host/f"});
  EXPECT_TRUE(desk.Pull(PrefixOnly(file, "https://host/f"), fake).value().cached);

  Desk other;
  FakeTransport unused({Reply(200, file)});
  const auto refused = other.Pull(PrefixOnly(file, "http://host/f"), unused);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNetwork);
  EXPECT_EQ(refused.error().Text(),
            "tiny:v1: no source may be used: only the first digits of its sha256 are known, so it "
            "must come over https");
  EXPECT_TRUE(unused.urls().empty());

  FakeTransport downgraded({Reply(302, "").With("Location", "http://host/f"), Reply(200, file)});
  const auto stopped = other.Pull(PrefixOnly(file, "https://host/f"), downgraded);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().Text(),
            "cannot get tiny:v1: https://host/f: it redirects from https to http (http://host/f)");
}

TEST(PullFakeTest, OfAPrefixOnlyFileTheFirstHttpsUrlIsTheOnlySource) {
  const std::string file = SeededBytes(3000, 26);
  Entry entry = PrefixOnly(file, "http://host/f");
  entry.artifact.sources.push_back(UrlSource{"https://host/f"});
  entry.artifact.sources.push_back(UrlSource{"https://evil/f"});
  Desk desk;
  FakeTransport fake({Reply(404, "")});
  ASSERT_FALSE(desk.Pull(entry, fake));
  EXPECT_EQ(fake.urls(), std::vector<std::string>{"https://host/f"})
      << "what another delivers would be pinned as this one's";
  EXPECT_FALSE(desk.Pull(PrefixOnly(file, "http://host/f"), fake));
  EXPECT_EQ(FindCached(PrefixOnly(file, "http://host/f"), desk.store).error().code,
            ErrorCode::kNotFound);
}

// Two files whose digests begin with the same eight digits: such a pair is soon found.
TEST(PullFakeTest, AFileOfTheSamePrefixFromElsewhereIsNoHit) {
  const std::string evil = "weights 24478", good = "weights 29619";
  const Entry hostile = PrefixOnly(evil, "https://evil/f"),
              entry = PrefixOnly(good, "https://host/f");
  ASSERT_EQ(hostile.artifact.sha256_prefix, entry.artifact.sha256_prefix);
  Desk desk;
  FakeTransport fake({Reply(200, evil), Reply(200, good)});
  EXPECT_EQ(Contents(desk.Pull(hostile, fake).value().blob.path()), evil);
  EXPECT_EQ(FindCached(entry, desk.store).error().code, ErrorCode::kNotFound);
  const Pulled pulled = desk.Pull(entry, fake).value();
  EXPECT_FALSE(pulled.cached);
  EXPECT_EQ(Contents(pulled.blob.path()), good);
  EXPECT_EQ(fake.urls(), (std::vector<std::string>{"https://evil/f", "https://host/f"}));
  EXPECT_EQ(Contents(FindCached(hostile, desk.store).value().path()), evil);
  EXPECT_EQ(Contents(FindCached(entry, desk.store).value().path()), good);
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

TEST(PullFakeTest, LocalFiles) {
  const std::string file = SeededBytes(3'000'000, 24);
  Desk desk;
  const auto path = desk.folder.Write("published/a b.pth", file);
  FakeTransport unused;
  const Pulled pulled =
      desk.Pull(EntryOf(file, {"file://" + desk.folder.path().string() + "/published/a%20b.pth"}),
                unused)
          .value();
  EXPECT_EQ(Contents(pulled.blob.path()), file);
  EXPECT_EQ(pulled.requests, 0);
  EXPECT_EQ(pulled.bytes_received, 0u);

  const std::string other = SeededBytes(3000, 25);
  const auto wrong = desk.Pull(EntryOf(other, {"file://" + path.string()}), unused);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().Text(),
            "cannot get tiny:v1: tiny.pth: more than 3000 bytes arrived, the size of the whole "
            "file");
  const auto missing = desk.Pull(EntryOf(other, {"file:///no/such/file"}), unused);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().Text(),
            "cannot get tiny:v1: cannot open /no/such/file: No such file or directory");
  const auto folder = desk.Pull(EntryOf(other, {"file://" + desk.folder.path().string()}), unused);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().Text(),
            "cannot get tiny:v1: " + desk.folder.path().string() + " is not a file");
}

}  // namespace
}  // namespace zoo
