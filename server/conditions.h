// Conditions: what a client that has a file already, or a part of it, says in its request, and
// which part it gets for that (RFC 9110, sections 13 and 14). Pure; any thread.
//
//   const Part part = PartOf({.range = "bytes=100-"}, "\"f37072fd...\"", 1000);
//   part.status, part.offset, part.length   // 206, 100, 900
#ifndef ZOO_SERVER_CONDITIONS_H_
#define ZOO_SERVER_CONDITIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zoo {

// Header fields as they came; several of one name joined by ", ".
struct Conditions {
  std::optional<std::string> range, if_range, if_match, if_none_match;
};

struct Part {
  int status = 200;  // or 206, 304, 412, 416; the last three have no body
  uint64_t offset = 0, length = 0;
};

// `etag` is strong and in its quotes. A range in another unit, one that is no range, and several at
// once are as none: the whole file, as the standard allows.
Part PartOf(const Conditions& conditions, std::string_view etag, uint64_t size);

// The value of Content-Range for a status of 206 or 416; empty for others.
std::string ContentRange(const Part& part, uint64_t size);

}  // namespace zoo

#endif  // ZOO_SERVER_CONDITIONS_H_
