#include "zoo/fetcher/retry.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace zoo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::chrono::sys_seconds kNow{seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT

Asked Start() { return {.offset = 0, .size = 100, .min_size = 100, .max_size = 100, .date = kNow}; }
Asked Middle() {
  return {.offset = 40, .size = 100, .min_size = 100, .max_size = 100, .date = kNow};
}
Asked MiddleOfUnknown() { return {.offset = 40, .min_size = 50, .max_size = 200, .date = kNow}; }

ResponseHead Part(const char* content_range) {
  return {.status = 206, .content_range = content_range};
}

// A closed world: every status that there may be.
Action ExpectedOf(int status, bool range) {
  static const std::set<int> kPass = {408, 425, 429};
  static const std::set<int> kLast = {501, 505, 506, 508, 510, 511};
  if (status == 200) return range ? Action::kAcceptFromStart : Action::kAccept;
  if (status == 206) return range ? Action::kRestart : Action::kNextSource;
  if (status == 412 || status == 416) return range ? Action::kRestart : Action::kNextSource;
  if (kPass.contains(status) || (status >= 500 && !kLast.contains(status))) return Action::kResume;
  return Action::kNextSource;
}

TEST(JudgeHeadTest, EveryStatusHasAVerdict) {
  for (int status = 100; status <= 599; ++status) {
    for (const Asked& asked : {Start(), Middle()}) {
      const Verdict verdict = JudgeHead(asked, {.status = status});
      const Action expected = ExpectedOf(status, asked.offset > 0);
      EXPECT_EQ(verdict.action, expected) << status << " at " << asked.offset;
      const bool accepted = expected == Action::kAccept || expected == Action::kAcceptFromStart;
      EXPECT_EQ(verdict.reason.empty(), accepted) << status;
    }
  }
}

TEST(JudgeHeadTest, SaysWhatTheServerAnswers) {
  const struct {
    int status;
    const char* reason;
  } kRows[] = {
      {401, "it answers 401 Unauthorized"},
      {403, "it answers 403 Forbidden"},
      {404, "it answers 404 Not Found"},
      {410, "it answers 410 Gone"},
      {418, "it answers 418"},
      {429, "it answers 429 Too Many Requests"},
      {503, "it answers 503 Service Unavailable"},
      {304, "it answers 304"},
      {206, "it answers 206"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(JudgeHead(Start(), {.status = row.status}).reason, row.reason);
  }
}

TEST(JudgeHeadTest, AcceptsThePartThatWasAskedForAndNoOther) {
  EXPECT_EQ(JudgeHead(Middle(), Part("bytes 40-99/100")).action, Action::kAccept);
  const char* const kLies[] = {
      "bytes 0-99/100",    // from the start
      "bytes 41-99/100",   // a byte late
      "bytes 39-99/100",   // a byte early
      "bytes 40-98/100",   // ends early
      "bytes 40-99/*",     // total unknown
      "bytes 40-99/101",   // another total, and short of it
      "bytes 40-100/101",  // another file
      "bytes 40-100/100",  // ends beyond itself
      "bytes 99-40/100",   // backwards
      "bytes */100",       // unsatisfied
      "items 40-99/100",   // another unit
      "bytes 40-99/100, bytes 0-1/100",
      "bytes=40-99/100",
      "bytes 40-99",
      "bytes -99/100",
      "bytes 0x28-99/100",
      "bytes 18446744073709551656-99/100",
      "",
  };
  for (const char* lie : kLies) {
    const Verdict verdict = JudgeHead(Middle(), Part(lie));
    EXPECT_EQ(verdict.action, Action::kRestart) << lie;
    EXPECT_EQ(verdict.reason,
              "asked for bytes from 40 of 100 on, it sends \"" + std::string(lie) + "\"");
  }
  const ResponseHead multipart{.status = 206, .content_type = "multipart/byteranges; boundary=x"};
  EXPECT_EQ(JudgeHead(Middle(), multipart).reason,
            "asked for bytes from 40 of 100 on, it sends a part without Content-Range");
}

TEST(JudgeHeadTest, OfAnUnknownSizeTheTotalMustLieInTheRange) {
  EXPECT_EQ(JudgeHead(MiddleOfUnknown(), Part("bytes 40-199/200")).action, Action::kAccept);
  EXPECT_EQ(JudgeHead(MiddleOfUnknown(), Part("bytes 40-49/50")).action, Action::kAccept);
  EXPECT_EQ(JudgeHead(MiddleOfUnknown(), Part("bytes 40-200/201")).action, Action::kRestart);
  EXPECT_EQ(JudgeHead(MiddleOfUnknown(), Part("bytes 40-48/49")).action, Action::kRestart);
}

TEST(JudgeHeadTest, AllOfAnUnknownSizeIsThereIfNothingFollows) {
  const ResponseHead nothing_more{.status = 416, .content_range = "bytes */40"};
  EXPECT_EQ(JudgeHead(MiddleOfUnknown(), nothing_more).action, Action::kAccept);
  EXPECT_EQ(JudgeHead(Middle(), nothing_more).action, Action::kRestart);
  const ResponseHead shorter{.status = 416, .content_range = "bytes */39"};
  EXPECT_EQ(JudgeHead(MiddleOfUnknown(), shorter).action, Action::kRestart);
}

TEST(JudgeHeadTest, RestartsIfTheTagChanged) {
  Asked asked = Middle();
  asked.tag = "\"a\"";
  ResponseHead head = Part("bytes 40-99/100");
  EXPECT_EQ(JudgeHead(asked, head).action, Action::kAccept);
  head.etag = "\"a\"";
  EXPECT_EQ(JudgeHead(asked, head).action, Action::kAccept);
  head.etag = "\"b\"";
  EXPECT_EQ(JudgeHead(asked, head).action, Action::kRestart);
  EXPECT_EQ(JudgeHead(asked, head).reason, "the file there has changed");
}

TEST(JudgeHeadTest, RefusesWhatCannotBeTheFile) {
  ResponseHead gzip{.status = 200, .content_encoding = "gzip"};
  EXPECT_EQ(JudgeHead(Start(), gzip).action, Action::kNextSource);
  EXPECT_EQ(JudgeHead(Start(), gzip).reason,
            "it sends the body encoded as \"gzip\", though asked not to");
  gzip.status = 206;
  gzip.content_range = "bytes 40-99/100";
  EXPECT_EQ(JudgeHead(Middle(), gzip).action, Action::kNextSource);
  EXPECT_EQ(JudgeHead(Start(), {.status = 200, .content_encoding = "identity"}).action,
            Action::kAccept);

  const Verdict large = JudgeHead(Start(), {.status = 200, .content_length = 101});
  EXPECT_EQ(large.action, Action::kNextSource);
  EXPECT_EQ(large.code, ErrorCode::kCorrupt);
  EXPECT_EQ(large.reason, "it offers 101 bytes, the registry says 100");
  EXPECT_EQ(JudgeHead(MiddleOfUnknown(), {.status = 200, .content_length = 201}).reason,
            "it offers 201 bytes, the registry says at most 200");
  // A short one is read: what it is instead of the file is worth telling.
  EXPECT_EQ(JudgeHead(Start(), {.status = 200, .content_length = 5}).action, Action::kAccept);
  // But what is staged already is not given up for it.
  const Verdict page = JudgeHead(Middle(), {.status = 200, .content_length = 5});
  EXPECT_EQ(page.action, Action::kNextSource);
  EXPECT_EQ(page.code, ErrorCode::kCorrupt);
  EXPECT_EQ(page.reason, "it offers 5 bytes, the registry says 100");
}

TEST(JudgeHeadTest, WaitsAsLongAsItIsAskedToWithinReason) {
  const auto verdict = [](const char* retry_after) {
    return JudgeHead(Start(), {.status = 429, .retry_after = retry_after});
  };
  EXPECT_EQ(verdict("7").after, seconds(7));
  EXPECT_EQ(verdict("Sun, 06 Nov 1994 08:50:37 GMT").after, seconds(60));
  EXPECT_EQ(verdict("soon").after, std::nullopt);
  EXPECT_EQ(verdict("soon").action, Action::kResume);
  EXPECT_EQ(verdict("120").action, Action::kResume);
  EXPECT_EQ(verdict("121").action, Action::kNextSource);
  EXPECT_EQ(verdict("121").reason,
            "it answers 429 Too Many Requests and asks to come back in 121 s");
}

TEST(ParseRetryAfterTest, BothForms) {
  const struct {
    const char* text;
    std::optional<seconds> expected;
  } kRows[] = {
      {"0", seconds(0)},
      {"120", seconds(120)},
      {"99999999999999999999999", seconds(365 * 24 * 3600)},
      {"Sun, 06 Nov 1994 08:49:38 GMT", seconds(1)},
      {"Sunday, 06-Nov-94 08:49:38 GMT", seconds(1)},
      {"Sun Nov  6 08:49:38 1994", seconds(1)},
      {"Sun, 06 Nov 1994 08:49:36 GMT", seconds(0)},
      {"Sat, 05 Nov 1994 08:49:38 GMT", seconds(0)},
      {"Mon, 06 Nov 9994 08:49:38 GMT", seconds(365 * 24 * 3600)},
      {"", std::nullopt},
      {"-1", std::nullopt},
      {"1.5", std::nullopt},
      {"1 s", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:38 CET", std::nullopt},
      {"Sun, 31 Feb 1994 08:49:38 GMT", std::nullopt},
      {"Sun, 06 Foo 1994 08:49:38 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 24:49:38 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:38 GMT and more", std::nullopt},
  };
  for (const auto& row : kRows)
    EXPECT_EQ(ParseRetryAfter(row.text, kNow), row.expected) << row.text;
}

TEST(JudgeTest, TheEndOfABody) {
  const auto whole = [](uint64_t bytes, bool marked) {
    return Outcome{.head = {.status = 200}, .body_bytes = bytes, .end_marked = marked};
  };
  EXPECT_EQ(Judge(Start(), whole(100, true)).action, Action::kAccept);
  EXPECT_EQ(Judge(Start(), whole(100, false)).action, Action::kAccept);
  EXPECT_EQ(Judge(Start(), whole(99, true)).action, Action::kAccept) << "the digest will tell";
  EXPECT_EQ(Judge(Start(), whole(99, false)).action, Action::kResume);
  EXPECT_EQ(Judge(Start(), whole(99, false)).reason,
            "the connection was cut after 99 of 100 bytes");
  EXPECT_EQ(Judge(Middle(), whole(100, false)).action, Action::kAccept);
  EXPECT_EQ(Judge(Middle(), whole(60, false)).action, Action::kResume);

  const auto part = [](uint64_t bytes) {
    return Outcome{.head = Part("bytes 40-99/100"), .body_bytes = bytes, .end_marked = true};
  };
  EXPECT_EQ(Judge(Middle(), part(60)).action, Action::kAccept);
  EXPECT_EQ(Judge(Middle(), part(59)).action, Action::kResume);
  EXPECT_EQ(Judge(Middle(), {.head = {.status = 404}}).action, Action::kNextSource);
}

TEST(JudgeTest, EveryFailureHasAVerdict) {
  const struct {
    NetFailure failure;
    Action action;
    int attempts;
    const char* reason;
  } kRows[] = {
      {NetFailure::kDns, Action::kResume, 3, "its host's address was not found (words)"},
      {NetFailure::kConnect, Action::kResume, 3, "no connection (words)"},
      {NetFailure::kTls, Action::kNextSource, 1, "no trusted connection (words)"},
      {NetFailure::kProxy, Action::kNextSource, 1, "the proxy does not lead there (words)"},
      {NetFailure::kTimeout, Action::kResume, 6, "no bytes came in time (words)"},
      {NetFailure::kCut, Action::kResume, 6, "the connection was cut (words)"},
      {NetFailure::kProtocol, Action::kNextSource, 1, "what answers is not HTTP (words)"},
      {NetFailure::kAddress, Action::kNextSource, 1,
       "its host's address is a private one, where this registry may not send us"},
      {NetFailure::kRedirect, Action::kNextSource, 1, "words"},
      {NetFailure::kRefused, Action::kNextSource, 1, "the body was not wanted (words)"},
      {NetFailure::kCancelled, Action::kGiveUp, 1, "cancelled (words)"},
  };
  for (const auto& row : kRows) {
    const Verdict verdict = Judge(Start(), {.failure = row.failure, .detail = "words"});
    EXPECT_EQ(verdict.action, row.action) << row.reason;
    EXPECT_EQ(verdict.attempts, row.attempts) << row.reason;
    EXPECT_EQ(verdict.reason, row.reason);
    EXPECT_EQ(verdict.code,
              row.failure == NetFailure::kCancelled ? ErrorCode::kCancelled : ErrorCode::kNetwork);
  }
}

TEST(BackoffTest, DoublesUpToSixteenSecondsWithJitter) {
  const int kFull[] = {500, 1000, 2000, 4000, 8000, 16000, 16000, 16000};
  for (int attempt = 1; attempt <= 8; ++attempt) {
    const milliseconds full(kFull[attempt - 1]);
    EXPECT_EQ(Backoff(attempt, 0), full / 2);
    EXPECT_EQ(Backoff(attempt, 1), full);
    EXPECT_EQ(Backoff(attempt, 0.5), full * 3 / 4);
    EXPECT_EQ(Backoff(attempt, 7), full);
  }
  EXPECT_EQ(Backoff(0, 0), milliseconds(250));
  EXPECT_EQ(Backoff(1'000'000, 0), milliseconds(8000));
}

}  // namespace
}  // namespace zoo
