// Any bytes as a zip archive: opened, and every member read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/zip_directory.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto zip = zoo::ZipDirectory::OfBytes(std::as_bytes(std::span(data, size)), "x");
  if (!zip) return 0;
  for (const zoo::ZipMember& member : zip->members()) {
    uint64_t left = member.size;
    auto read = zip->ReadMember(member, [&](zoo::ByteView piece) -> zoo::Status {
      if (piece.size() > left) abort();
      left -= piece.size();
      return {};
    });
    if (read && left != 0) abort();
  }
  return 0;
}
