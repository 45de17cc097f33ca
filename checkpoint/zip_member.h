// ZipMember: one file of a zip archive, as its directory describes it. Values.
#ifndef ZOO_CHECKPOINT_ZIP_MEMBER_H_
#define ZOO_CHECKPOINT_ZIP_MEMBER_H_

#include <cstdint>
#include <string_view>

namespace zoo {

// When a member's local header is compared with the directory. It must be before its data is used.
enum class LocalHeaders {
  kAtOpen,     // of all members
  kWhenTaken,  // of a member, whenever its data is asked for: opening touches no page of the data
};

struct ZipMember {
  std::string_view name;  // as stored; valid as long as any copy of the directory
  uint64_t header_offset = 0;
  uint64_t data_offset = 0;  // of the first byte behind the local header; 0: not looked at yet
  uint64_t limit = 0;        // where the next member's header or the directory begins
  uint64_t stored_size = 0;  // bytes in the file
  uint64_t size = 0;         // bytes when inflated
  uint32_t crc = 0;          // 0: not computed, as PyTorch can be told to write
  uint16_t flags = 0;
  bool deflated = false;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_ZIP_MEMBER_H_
