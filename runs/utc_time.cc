#include "zoo/runs/utc_time.h"

#include <ctime>

namespace zoo {
namespace {

constexpr char kFormat[] = "%Y-%m-%dT%H:%M:%SZ";

}  // namespace

std::string FormatUtc(int64_t seconds) {
  constexpr int kLastYear = 9999 - 1900;
  const std::time_t time = seconds;
  std::tm utc{};
  char text[32] = "";
  if (gmtime_r(&time, &utc) == nullptr || utc.tm_year > kLastYear || utc.tm_year < 0) return "";
  return {text, std::strftime(text, sizeof text, kFormat, &utc)};
}

std::optional<int64_t> ParseUtc(std::string_view text) {
  const std::string whole(text);
  std::tm utc{};
  const char* end = strptime(whole.c_str(), kFormat, &utc);
  if (end == nullptr) return std::nullopt;
  const int64_t seconds = timegm(&utc);
  // strptime takes other spellings, and the 31st of February, too.
  return FormatUtc(seconds) == text ? std::optional(seconds) : std::nullopt;
}

}  // namespace zoo
