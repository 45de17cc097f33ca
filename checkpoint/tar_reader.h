// TarReader: the members of a tar file, one after the other, by position; nothing is extracted.
// Reads v7 and ustar headers and pax headers in front of them, as Python's tarfile writes them.
//
//   TarReader tar(*file);
//   ZOO_ASSIGN_OR_RETURN(std::optional<TarMember> member, tar.Next());   // nothing: the end
//
// What a member claims to be is told, not believed: callers refuse one that has an `oddity`. One
// thread.
#ifndef ZOO_CHECKPOINT_TAR_READER_H_
#define ZOO_CHECKPOINT_TAR_READER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/result.h"
#include "zoo/checkpoint/mapped_file.h"

namespace zoo {

struct TarMember {
  std::string name;
  uint64_t offset = 0, size = 0;  // of its bytes, which lie inside the file
  // Why it is no plain file: "it is a symbolic link"; empty if it is one.
  std::string oddity;
};

class TarReader {
 public:
  explicit TarReader(const MappedFile& file) : file_(file) {}

  // The next member, or nothing after the last one. The archive ends with a block of zeros, behind
  // which nothing is looked at, or with the file. kCorrupt for a damaged header and for a member
  // that does not fit into the file.
  Result<std::optional<TarMember>> Next();

 private:
  static constexpr uint64_t kBlock = 512;
  using Block = std::array<char, kBlock>;
  struct Pax {
    std::optional<uint64_t> size;
    std::string oddity;
  };

  Error Corrupt(const std::string& what) const;
  Result<bool> ReadHeader(Block& block);  // false: the end
  Result<TarMember> Describe(const Block& block);
  Result<Pax> ReadPax(const TarMember& member);
  Status Place(TarMember& member);

  const MappedFile& file_;
  uint64_t at_ = 0;      // where the next header begins
  uint64_t header_ = 0;  // where the last one began
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TAR_READER_H_
