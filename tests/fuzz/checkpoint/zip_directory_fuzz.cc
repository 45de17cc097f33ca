// Any bytes as a zip archive: opened, and every member read. That local headers are compared later
// must not let anything through.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/mapped_file.h"
#include "zoo/checkpoint/zip_directory.h"

namespace {

// Whether it is an archive and all of its members can be read.
bool ReadsWhole(zoo::ByteView bytes, zoo::LocalHeaders headers) {
  auto zip = zoo::ZipDirectory::Open(zoo::MappedFile::OfBytes(bytes, "x"), {}, headers);
  if (!zip) return false;
  bool whole = true;
  for (const zoo::ZipMember& member : zip->members()) {
    uint64_t left = member.size;
    auto read = zip->ReadMember(member, [&](zoo::ByteView piece) -> zoo::Status {
      if (piece.size() > left) abort();
      left -= piece.size();
      return {};
    });
    if (read && left != 0) abort();
    whole = whole && read;
  }
  return whole;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const bool at_open = ReadsWhole(bytes, zoo::LocalHeaders::kAtOpen);
  if (at_open != ReadsWhole(bytes, zoo::LocalHeaders::kWhenTaken)) abort();
  return 0;
}
