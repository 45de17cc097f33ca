// Pull, interrupted: bodies that are cut, servers that change or lie between two requests, waiting,
// and runs that go on where another stopped.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "zoo/cache/ingest.h"
#include "zoo/fetcher/retry.h"
#include "zoo/fetcher/test_pull.h"
#include "zoo/tests/support/seeded_bytes.h"
#include "zoo/tests/support/wire.h"

namespace zoo {
namespace {

class PullResumeTest : public testing::TestWithParam<WireKind> {};
INSTANTIATE_TEST_SUITE_P(, PullResumeTest, testing::Values(WireKind::kFake, WireKind::kCurl),
                         [](const auto& info) {
                           return info.param == WireKind::kFake ? "Fake" : "Curl";
                         });

using End = ScriptedReply::End;

// What interrupts a body, and goes on with the rest.
TEST_P(PullResumeTest, InterruptedBodiesAreResumed) {
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

TEST_P(PullResumeTest, AResetIsResumed) {
  const std::string file = SeededBytes(5000, 4);
  // How much of the body gets through before a reset is the network's business.
  Wire wire(GetParam(), {Reply(200, file).CutAfter(0, End::kReset), Reply(200, file)});
  Desk desk;
  const Pulled pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport()).value();
  EXPECT_EQ(Contents(pulled.blob.path()), file);
  EXPECT_EQ(pulled.requests, 2);
}

TEST_P(PullResumeTest, AServerThatIgnoresRangesIsReadFromTheStart) {
  const std::string file = SeededBytes(5000, 5);
  Wire wire(GetParam(), {Reply(200, file).CutAfter(4000), Reply(200, file)});
  Desk desk;
  const Pulled pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport()).value();
  EXPECT_EQ(Contents(pulled.blob.path()), file);
  EXPECT_EQ(pulled.requests, 2);
  EXPECT_EQ(pulled.bytes_received, 9000u);
}

TEST_P(PullResumeTest, ALyingContentRangeRestartsOnce) {
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

TEST_P(PullResumeTest, AChangedObjectIsReadAnew) {
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
TEST_P(PullResumeTest, OnlyStrongTagsAreSentBack) {
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
TEST_P(PullResumeTest, PiecesThatDoNotFitTogetherAreReadOnceMore) {
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

TEST_P(PullResumeTest, AStaleCacheOnTheWayIsPassedOnce) {
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

TEST_P(PullResumeTest, WaitsAsLongAsTheServerAsks) {
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
TEST_P(PullResumeTest, AServerThatDripsIsLeft) {
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

TEST_P(PullResumeTest, ALongFileMayBeCutMoreOftenThanThat) {
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

TEST_P(PullResumeTest, AnotherRunGoesOnWhereTheLastOneStopped) {
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

TEST_P(PullResumeTest, StagedBytesThatAreAllThereTakeNoRequest) {
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

}  // namespace
}  // namespace zoo
