// What the end of a request means: a pure table, and nothing else decides. Judge looks at a reply's
// head when it comes, then at how the request ended; Backoff says how long to wait before the next.
// Pure; any thread.
#ifndef ZOO_FETCHER_RETRY_H_
#define ZOO_FETCHER_RETRY_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/result.h"
#include "zoo/fetcher/transport.h"

namespace zoo {

constexpr int kMaxAttempts = 6;         // of one source, in a row without progress
constexpr int kMaxConnectAttempts = 3;  // where nothing was reached at all

// What a request was for.
struct Asked {
  uint64_t offset = 0;                  // bytes staged already: the range asked for begins here
  std::optional<uint64_t> size;         // of the whole file, where it is known exactly
  uint64_t min_size = 0, max_size = 0;  // of the whole file; both equal `size` where that is known
  std::string tag;                      // the ETag of the version that the staged bytes are of
  std::chrono::sys_seconds date{};      // now, for a Retry-After that is a date
};

enum class Action {
  kAccept,           // a head: its body goes on where the staged bytes end. An end: all bytes came
  kAcceptFromStart,  // a head: its body is the file from byte 0; staged bytes are thrown away
  kResume,           // ask again from where the staged bytes end, after `after` or a backoff
  kRestart,          // throw the staged bytes away and ask again, from byte 0
  kNextSource,       // this source will not do
  kGiveUp,           // nor will any other
};

struct Verdict {
  Action action = Action::kAccept;
  ErrorCode code = ErrorCode::kNetwork;  // of the failure, unless the action is an acceptance
  std::string reason;                    // in words, fit to be printed: "it answers 404 Not Found"
  std::optional<std::chrono::seconds> after;  // what the server asked to wait
  int attempts = kMaxAttempts;                // in a row without progress before the source is left
};

// Of a reply whose head has come.
Verdict JudgeHead(const Asked& asked, const ResponseHead& head);

// Of a request that is over. kRefused is for the caller, who knows why it refused.
Verdict Judge(const Asked& asked, const Outcome& outcome);

struct ContentRange {
  uint64_t first = 0, last = 0, total = 0;
};
// "bytes 10-19/20" and nothing else; other units, unknown totals and impossible numbers are
// nothing.
std::optional<ContentRange> ParseContentRange(std::string_view text);

// Seconds or an HTTP date (RFC 9110 section 5.6.7, all three forms); a date that is past is 0.
std::optional<std::chrono::seconds> ParseRetryAfter(std::string_view text,
                                                    std::chrono::sys_seconds now);

constexpr std::chrono::seconds kMaxRetryAfter{120};  // a server that asks for more is left alone

// The wait after the attempt-th failure in a row (1, 2, ...): it doubles from half a second to
// 16 s, and `random` (0 to 1) moves it between half of that and all of it.
std::chrono::milliseconds Backoff(int attempt, double random);

}  // namespace zoo

#endif  // ZOO_FETCHER_RETRY_H_
