// ZipBuilder: zip archives for tests, right by default and wrong where a test asks for it.
//
//   ZipBuilder zip;
//   zip.Add("a/version", "3\n");
//   zip.Add("a/data.pkl", pickle).crc = 0x1234;
//   std::string bytes = zip.Build();
#ifndef ZOO_CHECKPOINT_ZIP_BUILDER_H_
#define ZOO_CHECKPOINT_ZIP_BUILDER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace zoo {

struct ZipRecord {
  std::string name, data;        // as stored
  std::optional<uint32_t> size;  // when inflated; that of `data` if it is stored
  uint16_t method = 0, flags = 0, disk = 0;
  uint32_t crc = 0;
  std::string extra, local_extra;
  // Where the local header is to disagree.
  std::optional<std::string> local_name;
  std::optional<uint16_t> local_method, local_flags;
  std::optional<uint32_t> local_crc, local_size;
  std::optional<uint32_t> offset;  // that the directory says
};

class ZipBuilder {
 public:
  ZipRecord& Add(std::string name, std::string data);

  std::string Build() const;

  std::string before, between, comment, after;  // the first record, directory and end; the end
  std::optional<uint16_t> count, disk;
  std::optional<uint32_t> directory_size, directory_offset;
  bool zip64 = false;
  std::optional<uint64_t> count64, offset64, end64_size, locator_offset;

 private:
  std::string End(uint64_t directory_at, uint64_t directory_bytes) const;
  std::deque<ZipRecord> records_;
};

// Little-endian bytes of a number.
std::string Little(uint64_t value, int bytes);
// Raw deflate data.
std::string Deflated(const std::string& data);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_ZIP_BUILDER_H_
