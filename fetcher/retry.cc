#include "zoo/fetcher/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "zoo/base/text.h"

namespace zoo {
namespace {

namespace chrono = std::chrono;

struct StatusRow {
  int status;
  std::string_view words;
};

// Names for messages, and the statuses that may pass by themselves.
constexpr StatusRow kNamed[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {416, "Range Not Satisfiable"},
    {425, "Too Early"},
    {429, "Too Many Requests"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

constexpr std::string_view kChanged = "the file there has changed";

// 501, 505 and their like say what the server cannot do at all; every other 5xx may pass.
constexpr int kPassing4xx[] = {408, 425, 429};
constexpr int kLasting5xx[] = {501, 505, 506, 508, 510, 511};

bool MayPass(int status) {
  if (status >= 500) return std::ranges::find(kLasting5xx, status) == std::end(kLasting5xx);
  return std::ranges::find(kPassing4xx, status) != std::end(kPassing4xx);
}

std::string Answer(int status) {
  const auto* row = std::ranges::find(kNamed, status, &StatusRow::status);
  if (row == std::end(kNamed)) return fmt::format("it answers {}", status);
  return fmt::format("it answers {} {}", status, row->words);
}

std::optional<uint64_t> ParseDecimal(std::string_view digits) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return value;
}

// Anything but "identity" changes the bytes that the digest is of.
bool IsEncoded(const ResponseHead& head) {
  return head.content_encoding && !head.content_encoding->empty() &&
         *head.content_encoding != "identity";
}

Verdict JudgeEncoded(const ResponseHead& head) {
  return {Action::kNextSource, ErrorCode::kNetwork,
          fmt::format("it sends the body encoded as {}, though asked not to",
                      Quote(*head.content_encoding, 40))};
}

Verdict JudgeWhole(const Asked& asked, const ResponseHead& head) {
  if (IsEncoded(head)) return JudgeEncoded(head);
  if (head.content_length && *head.content_length > asked.max_size) {
    return {Action::kNextSource, ErrorCode::kCorrupt,
            fmt::format("it offers {} bytes, the registry says {}{}", *head.content_length,
                        asked.size ? "" : "at most ", asked.max_size)};
  }
  // Its head alone shows that this is another file: what is staged is worth more.
  const bool shorter = head.content_length && *head.content_length < asked.min_size;
  if (asked.offset > 0 && shorter) {
    return {Action::kNextSource, ErrorCode::kCorrupt,
            fmt::format("it offers {} bytes, the registry says {}{}", *head.content_length,
                        asked.size ? "" : "at least ", asked.min_size)};
  }
  return {asked.offset > 0 ? Action::kAcceptFromStart : Action::kAccept};
}

Verdict JudgePart(const Asked& asked, const ResponseHead& head) {
  // Nobody asked for a part.
  if (asked.offset == 0) return {Action::kNextSource, ErrorCode::kNetwork, Answer(206)};
  if (IsEncoded(head)) return JudgeEncoded(head);
  const std::string text = head.content_range.value_or("");
  const auto range = ParseContentRange(text);
  if (!asked.tag.empty() && head.etag && *head.etag != asked.tag) {
    return {Action::kRestart, ErrorCode::kNetwork, std::string(kChanged)};
  }
  const bool exact = range && range->first == asked.offset && range->last + 1 == range->total &&
                     range->total >= asked.min_size && range->total <= asked.max_size;
  if (exact) return {Action::kAccept};
  return {Action::kRestart, ErrorCode::kNetwork,
          fmt::format("asked for bytes from {} of {} on, it sends {}", asked.offset,
                      asked.size ? fmt::format("{}", *asked.size) : "the file",
                      head.content_range ? Quote(text, 60) : "a part without Content-Range")};
}

Verdict JudgeUnsatisfied(const Asked& asked, const ResponseHead& head) {
  // Where the size was not known, this is how a server says that everything is here already.
  if (!asked.size && asked.offset > 0 &&
      head.content_range == fmt::format("bytes */{}", asked.offset)) {
    return {Action::kAccept};
  }
  return {asked.offset > 0 ? Action::kRestart : Action::kNextSource, ErrorCode::kNetwork,
          Answer(416)};
}

Verdict JudgePassing(const Asked& asked, const ResponseHead& head) {
  Verdict verdict{Action::kResume, ErrorCode::kNetwork, Answer(head.status)};
  if (head.retry_after) verdict.after = ParseRetryAfter(*head.retry_after, asked.date);
  if (verdict.after && *verdict.after > kMaxRetryAfter) {
    verdict.action = Action::kNextSource;
    verdict.reason += fmt::format(" and asks to come back in {} s", verdict.after->count());
    verdict.after.reset();
  }
  return verdict;
}

struct FailureRow {
  NetFailure failure;
  Action action;
  int attempts;
  std::string_view words;
};

constexpr FailureRow kFailures[] = {
    {NetFailure::kDns, Action::kResume, kMaxConnectAttempts, "its host's address was not found"},
    {NetFailure::kConnect, Action::kResume, kMaxConnectAttempts, "no connection"},
    {NetFailure::kTls, Action::kNextSource, 1, "no trusted connection"},
    {NetFailure::kProxy, Action::kNextSource, 1, "the proxy does not lead there"},
    {NetFailure::kTimeout, Action::kResume, kMaxAttempts, "no bytes came in time"},
    {NetFailure::kCut, Action::kResume, kMaxAttempts, "the connection was cut"},
    {NetFailure::kProtocol, Action::kNextSource, 1, "what answers is not HTTP"},
    {NetFailure::kAddress, Action::kNextSource, 1,
     "its host's address is a private one, where this registry may not send us"},
    {NetFailure::kRedirect, Action::kNextSource, 1, ""},
    {NetFailure::kRefused, Action::kNextSource, 1, "the body was not wanted"},
    {NetFailure::kCancelled, Action::kGiveUp, 1, "cancelled"},
};

Verdict JudgeFailure(const Outcome& outcome) {
  const auto* row = std::ranges::find(kFailures, outcome.failure, &FailureRow::failure);
  std::string reason(row->words);
  if (outcome.failure == NetFailure::kRedirect) {
    reason = outcome.detail;
  } else if (!outcome.detail.empty() && outcome.failure != NetFailure::kAddress) {
    reason += fmt::format(" ({})", Escape(outcome.detail));
  }
  const bool cancelled = outcome.failure == NetFailure::kCancelled;
  return {.action = row->action,
          .code = cancelled ? ErrorCode::kCancelled : ErrorCode::kNetwork,
          .reason = std::move(reason),
          .attempts = row->attempts};
}

// Days and months as they stand in HTTP dates.
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct DateParts {
  char month[4] = "";
  int day = 0, year = 0, hour = 0, minute = 0, second = 0;
};

bool ScanDate(const std::string& text, DateParts& d) {
  const char* words = text.c_str();
  int end = 0;
  const auto whole = [&] { return end > 0 && static_cast<size_t>(end) == text.size(); };
  if (std::sscanf(words, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT%n", &d.day, d.month, &d.year,
                  &d.hour, &d.minute, &d.second, &end) == 6 &&
      whole()) {
    return true;
  }
  if (std::sscanf(words, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &d.day, d.month,
                  &d.year, &d.hour, &d.minute, &d.second, &end) == 6 &&
      whole()) {
    d.year += d.year < 70 ? 2000 : 1900;
    return true;
  }
  return std::sscanf(words, "%*3[A-Za-z] %3s %2d %2d:%2d:%2d %4d%n", d.month, &d.day, &d.hour,
                     &d.minute, &d.second, &d.year, &end) == 6 &&
         whole();
}

std::optional<chrono::sys_seconds> ParseHttpDate(std::string_view text) {
  DateParts d;
  if (!ScanDate(std::string(text), d)) return std::nullopt;
  const auto* month = std::ranges::find(kMonths, std::string_view(d.month));
  if (month == kMonths.end()) return std::nullopt;
  const chrono::year_month_day day(
      chrono::year(d.year), chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      chrono::day(static_cast<unsigned>(d.day)));
  if (!day.ok() || d.hour < 0 || d.hour > 23 || d.minute < 0 || d.minute > 59 || d.second < 0 ||
      d.second > 60) {
    return std::nullopt;
  }
  return chrono::sys_days(day) + chrono::hours(d.hour) + chrono::minutes(d.minute) +
         chrono::seconds(d.second);
}

}  // namespace

Verdict JudgeHead(const Asked& asked, const ResponseHead& head) {
  switch (head.status) {
    case 200:
      return JudgeWhole(asked, head);
    case 206:
      return JudgePart(asked, head);
    case 412:
      return {asked.offset > 0 ? Action::kRestart : Action::kNextSource, ErrorCode::kNetwork,
              std::string(kChanged)};
    case 416:
      return JudgeUnsatisfied(asked, head);
    default:
      if (MayPass(head.status)) return JudgePassing(asked, head);
      return {Action::kNextSource, ErrorCode::kNetwork, Answer(head.status)};
  }
}

Verdict Judge(const Asked& asked, const Outcome& outcome) {
  if (outcome.failure != NetFailure::kNone) return JudgeFailure(outcome);
  Verdict head = JudgeHead(asked, outcome.head);
  const bool from_start = head.action == Action::kAcceptFromStart;
  if (head.action != Action::kAccept && !from_start) return head;
  const uint64_t staged = (from_start ? 0 : asked.offset) + outcome.body_bytes;
  const uint64_t promised = outcome.head.status == 206
                                ? ParseContentRange(*outcome.head.content_range)->total
                                : asked.size.value_or(asked.min_size);
  // A short body whose end the server marked is its idea of the whole file: the digest will tell.
  const bool whole = outcome.head.status != 206 && outcome.end_marked;
  if (staged >= promised || whole) return {Action::kAccept};
  return {Action::kResume, ErrorCode::kNetwork,
          fmt::format("the connection was cut after {} of {} bytes", staged, promised)};
}

std::optional<ContentRange> ParseContentRange(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const size_t dash = text.find('-'), slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) {
    return std::nullopt;
  }
  const auto first = ParseDecimal(text.substr(0, dash));
  const auto last = ParseDecimal(text.substr(dash + 1, slash - dash - 1));
  const auto total = ParseDecimal(text.substr(slash + 1));
  if (!first || !last || !total || *first > *last || *last >= *total) return std::nullopt;
  return ContentRange{*first, *last, *total};
}

std::optional<chrono::seconds> ParseRetryAfter(std::string_view text, chrono::sys_seconds now) {
  constexpr uint64_t kYear = 365 * 24 * 3600;
  const bool digits =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (digits) return chrono::seconds(std::min(ParseDecimal(text).value_or(kYear), kYear));
  const auto date = ParseHttpDate(text);
  if (!date) return std::nullopt;
  return std::clamp(*date - now, chrono::seconds(0), chrono::seconds(kYear));
}

chrono::milliseconds Backoff(int attempt, double random) {
  constexpr int kFirstMs = 500, kMostDoublings = 5;
  const int full = kFirstMs << std::clamp(attempt - 1, 0, kMostDoublings);
  return chrono::milliseconds(full / 2 + static_cast<int>(full / 2 * std::clamp(random, 0.0, 1.0)));
}

}  // namespace zoo
