// Moments as run.json has them: UTC, to the second, "2026-11-24T15:30:00Z". Pure; any thread.
#ifndef ZOO_RUNS_UTC_TIME_H_
#define ZOO_RUNS_UTC_TIME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zoo {

// Of seconds since 1970; empty for a year beyond four digits.
std::string FormatUtc(int64_t seconds);
// Nothing if the text is no such moment.
std::optional<int64_t> ParseUtc(std::string_view text);

}  // namespace zoo

#endif  // ZOO_RUNS_UTC_TIME_H_
