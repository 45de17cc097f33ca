// The headers of a plain POSIX tar, of which there is exactly one for each name and size: owner 0,
// time 0, mode 0444. Pure; any thread.
//
//   tar += UstarHeader("zoo.lock", text.size()) + text;
//   tar += UstarPadding(text.size());
//   tar += UstarEnd();
#ifndef ZOO_SHARE_USTAR_H_
#define ZOO_SHARE_USTAR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zoo {

inline constexpr uint64_t kUstarBlock = 512;

// The header of a file: one block, or three from 8 GiB on, which twelve octal digits cannot say:
// then a pax header with the size stands in front. REQUIRES: a name of at most 100 bytes.
std::string UstarHeader(std::string_view name, uint64_t size);
// Zeros up to the next block.
std::string UstarPadding(uint64_t size);
// Two blocks of zeros.
std::string UstarEnd();

// What a block that need not be ours says, for those who compare: its name, its size where it is
// in octal digits, and what is odd about it ("a symbolic link"); empty for a file. Nothing if it is
// no header of ustar at all.
struct UstarClaim {
  std::string name;
  std::optional<uint64_t> size;
  std::string oddity;
};
std::optional<UstarClaim> ReadUstarClaim(std::string_view block);

}  // namespace zoo

#endif  // ZOO_SHARE_USTAR_H_
