// ZipMember: one file of a zip archive, as its directory describes it. A value.
#ifndef ZOO_CHECKPOINT_ZIP_MEMBER_H_
#define ZOO_CHECKPOINT_ZIP_MEMBER_H_

#include <cstdint>
#include <string_view>

namespace zoo {

struct ZipMember {
  std::string_view name;  // as stored; valid as long as any copy of the directory
  uint64_t header_offset = 0;
  uint64_t data_offset = 0;  // of the first byte behind the local header
  uint64_t stored_size = 0;  // bytes in the file
  uint64_t size = 0;         // bytes when inflated
  uint32_t crc = 0;          // 0: not computed, as PyTorch can be told to write
  uint16_t flags = 0;
  bool deflated = false;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_ZIP_MEMBER_H_
