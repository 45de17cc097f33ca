// Stamp: what a file's metadata were when its bytes were verified. As long as they are the same,
// nobody has written to it. Record: what the cache knows of a blob, kept in index/ as small strict
// JSON. Values; any thread.
#ifndef ZOO_CACHE_STAMP_H_
#define ZOO_CACHE_STAMP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/cache/disk.h"

namespace zoo {

struct Stamp {
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;  // a program can set mtime back, but not this
  uint64_t inode = 0;

  static Stamp Of(const FileInfo& info) {
    return {info.size, info.mtime_ns, info.ctime_ns, info.inode};
  }
  bool operator==(const Stamp&) const = default;
};

struct Record {
  Stamp stamp;
  std::string file;                // as published
  std::vector<std::string> names;  // entries it was pulled for

  std::string ToText() const;
  // Nothing if the text is not one of ours: then the blob is hashed again and a new one written.
  static std::optional<Record> Parse(std::string_view text);
  bool operator==(const Record&) const = default;
};

// The full digest that a prefix was found to be at its first pull from an origin. Which origin that
// is stands in the pin for people, fit to be printed; the name of the file decides.
std::string PinText(const Digest& digest, const std::string& origin);
std::optional<Digest> ParsePin(std::string_view text);

}  // namespace zoo

#endif  // ZOO_CACHE_STAMP_H_
