#include "zoo/checkpoint/zip_local_header.h"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/cursor.h"

namespace zoo {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint64_t kLocalBytes = 30;
constexpr uint32_t kSaturated32 = 0xffffffff;

std::string Record(std::string_view name) { return "record " + Quote(name); }

}  // namespace

uint64_t LocalHeaderBytes(const ZipMember& member) { return kLocalBytes + member.name.size(); }

Result<uint64_t> CompareLocalHeader(const std::string& file, const ZipMember& member,
                                    ByteView header) {
  auto corrupt = [&](std::string what) {
    return Error{ErrorCode::kCorrupt, fmt::format("{}: {}", file, what), ""};
  };
  Cursor in(header, member.header_offset);
  if (in.U32() != kLocalSignature) {
    return corrupt(
        fmt::format("{}: no local header at byte {}", Record(member.name), member.header_offset));
  }
  in.Skip(2);
  uint16_t flags = in.U16(), method = in.U16();
  in.Skip(4);
  uint32_t crc = in.U32(), stored_size = in.U32(), size = in.U32();
  uint16_t name_size = in.U16(), extra_size = in.U16();
  std::string_view name = AsText(header.subspan(kLocalBytes));
  auto disagrees = [&](std::string_view what) {
    return corrupt(
        fmt::format("{}: its local header at byte {} and the zip directory disagree "
                    "about the {}",
                    Record(member.name), member.header_offset, what));
  };
  if (name_size != member.name.size() || name != member.name) return disagrees("name");
  if (flags != member.flags) return disagrees("flags");
  if (method != (member.deflated ? kZipDeflated : kZipStored)) return disagrees("compression");
  auto agrees = [](uint32_t local, uint64_t central) {
    return local == 0 || local == central || local == kSaturated32;
  };
  if (!agrees(size, member.size) || !agrees(stored_size, member.stored_size)) {
    return disagrees("size");
  }
  if (crc != 0 && crc != member.crc) return disagrees("CRC");
  return member.header_offset + LocalHeaderBytes(member) + extra_size;
}

// That the header's fixed part and the data fit before the limit was checked with the directory.
Result<uint64_t> LocateData(const MappedFile& file, const ZipMember& member) {
  std::string header(LocalHeaderBytes(member), '\0');
  ZOO_RETURN_IF_ERROR(file.Read(member.header_offset, std::as_writable_bytes(std::span(header))));
  ZOO_ASSIGN_OR_RETURN(uint64_t data, CompareLocalHeader(file.name(), member, AsBytes(header)));
  if (data + member.stored_size <= member.limit) return data;
  return Error{
      ErrorCode::kCorrupt,
      fmt::format("{}: {}: {} bytes at byte {} reach over byte {}, where the next record "
                  "or the zip directory begins",
                  file.name(), Record(member.name), member.stored_size, data, member.limit),
      ""};
}

}  // namespace zoo
