// The layout, as the ZIP specification (APPNOTE) numbers its sections:
//
//   4.3.7   local header    "PK\3\4" version flags method time date crc stored size name extra
//   4.3.8   data of the member
//   4.3.9   data descriptor: not read, the central directory says the same
//   4.3.12  central header  "PK\1\2" made version flags method time date crc stored size
//                           name extra comment disk attributes offset
//   4.3.14  zip64 end record "PK\6\6", 4.3.15 its locator "PK\6\7"
//   4.3.16  end record      "PK\5\6" disks counts size offset comment
//
// Opening reads the tail and the directory, and every local header if it is asked to; never a
// member's data.
#include "zoo/checkpoint/zip_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/sniff.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/cursor.h"
#include "zoo/checkpoint/zip_local_header.h"

namespace zoo {
namespace {

constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50, kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocatorSignature = 0x07064b50;
constexpr uint64_t kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20;
constexpr uint64_t kMaxComment = 0xffff;
constexpr uint16_t kZip64Extra = 1;
constexpr uint16_t kSaturated16 = 0xffff;
constexpr uint32_t kSaturated32 = 0xffffffff;
// Bits 0, 6 and 13: encryption of data, strong encryption, encryption of the directory.
constexpr uint16_t kEncryptedFlags = 1 << 0 | 1 << 6 | 1 << 13;
constexpr uint16_t kPatchFlag = 1 << 5;
// Headers of small members lie close together: one read serves many of them.
constexpr uint64_t kHeaderWindow = 4 << 10;
// The tail is searched in pieces of this size, which need no memory of their own.
constexpr uint64_t kTailPiece = 8 << 10;

std::string Record(std::string_view name) { return "record " + Quote(name); }

struct End {
  uint64_t at = 0;  // where the directory must end
  uint64_t count = 0, size = 0, offset = 0;
};

class Parser {
 public:
  Parser(const MappedFile& file, const Limits& limits) : file_(file), limits_(limits) {}

  Result<std::vector<ZipMember>> Parse(LocalHeaders headers, std::string& names) {
    ZOO_ASSIGN_OR_RETURN(End end, FindEnd());
    ZOO_RETURN_IF_ERROR(CheckEnd(end));
    ZOO_ASSIGN_OR_RETURN(std::string directory, ReadText(end.offset, end.size));
    names = std::move(directory);
    ZOO_ASSIGN_OR_RETURN(std::vector<ZipMember> members, ParseCentral(end, AsBytes(names)));
    if (headers == LocalHeaders::kAtOpen) {
      for (ZipMember& member : members) {
        ZOO_ASSIGN_OR_RETURN(member.data_offset, ReadLocal(member));
      }
    }
    ZOO_RETURN_IF_ERROR(CheckRanges(members, end.offset));
    return members;
  }

 private:
  Error Corrupt(std::string what, std::string hint = "") const {
    return {ErrorCode::kCorrupt, file_.name() + ": " + std::move(what), std::move(hint)};
  }
  Error Unsupported(std::string what) const {
    return {ErrorCode::kUnsupported, file_.name() + ": " + std::move(what), ""};
  }

  Result<std::string> ReadText(uint64_t offset, uint64_t count) const {
    std::string text(count, '\0');
    ZOO_RETURN_IF_ERROR(file_.Read(offset, std::as_writable_bytes(std::span(text))));
    return text;
  }

  Result<uint64_t> LocateEnd() const;
  Error NotAtTheEnd(uint64_t at, uint64_t comment) const;
  Error NotFound() const;
  Result<End> FindEnd() const;
  Result<std::optional<End>> FindEnd64(uint64_t end_at) const;
  Status CheckEnd(const End& end) const;
  Result<std::vector<ZipMember>> ParseCentral(const End& end, ByteView directory) const;
  Result<ZipMember> ParseMember(Cursor& in) const;
  Status ApplyZip64(ByteView extra, ZipMember& member) const;
  Result<uint64_t> ReadLocal(const ZipMember& member);
  Status CheckRanges(std::vector<ZipMember>& members, uint64_t limit) const;
  Result<ByteView> Window(uint64_t offset, uint64_t count, uint64_t reach);

  const MappedFile& file_;
  const Limits& limits_;
  std::vector<std::byte> window_;
  uint64_t window_at_ = 0;
};

uint16_t Read16(std::string_view text, size_t at) {
  return Cursor(AsBytes(text).subspan(at)).U16();
}

// The end record ends the file. A second one that would do so too, or one inside its comment, is
// what another reader might take instead.
Result<uint64_t> Parser::LocateEnd() const {
  constexpr std::string_view kSignature = "PK\5\6";
  const uint64_t size = file_.size();
  std::array<std::byte, kTailPiece + kEndBytes - 1> buffer;
  std::optional<uint64_t> found;
  std::optional<Error> unfit;
  for (uint64_t start = size - std::min(size, kEndBytes + kMaxComment); start < size;
       start += kTailPiece) {
    auto piece = std::span(buffer).first(std::min<uint64_t>(buffer.size(), size - start));
    ZOO_RETURN_IF_ERROR(file_.Read(start, piece));
    const std::string_view text = AsText(piece);
    for (size_t in = text.find(kSignature); in < kTailPiece; in = text.find(kSignature, in + 1)) {
      const uint64_t at = start + in;
      if (found) {
        return Corrupt(fmt::format("two zip end records, at bytes {} and {}", *found, at));
      }
      if (size - at < kEndBytes) continue;
      const uint16_t comment = Read16(text, in + 20);
      if (comment == size - at - kEndBytes) {
        found = at;
      } else {
        unfit = NotAtTheEnd(at, comment);
      }
    }
  }
  if (found) return *found;
  // Of a file that was cut off, a record's data may hold the signature.
  return unfit ? *unfit : NotFound();
}

Error Parser::NotAtTheEnd(uint64_t at, uint64_t comment) const {
  return Corrupt(fmt::format("the zip end record at byte {} says a comment of {} bytes, {} follow",
                             at, comment, file_.size() - at - kEndBytes),
                 "bytes were added or lost: download it again");
}

Error Parser::NotFound() const {
  std::array<std::byte, kSniffBytes> head;
  auto first = std::span(head).first(std::min<uint64_t>(head.size(), file_.size()));
  Sniffed seen = file_.Read(0, first) ? Sniff(first) : Sniffed{};
  if (seen.kind == FileKind::kUnknown) return Corrupt("not a zip archive");
  if (seen.kind != FileKind::kZip) {
    return Corrupt(fmt::format("this is {}, not a zip archive", seen.what), std::string(seen.hint));
  }
  return Corrupt(fmt::format("zip cut off after {} bytes: it has no end record", file_.size()),
                 "download it again");
}

Result<End> Parser::FindEnd() const {
  ZOO_ASSIGN_OR_RETURN(uint64_t end_at, LocateEnd());
  std::array<std::byte, kEndBytes> record;
  ZOO_RETURN_IF_ERROR(file_.Read(end_at, record));
  Cursor in(record, end_at);
  End end{.at = in.offset()};
  in.Skip(4);
  uint16_t disk = in.U16(), directory_disk = in.U16(), count_here = in.U16(), count = in.U16();
  uint32_t size = in.U32(), offset = in.U32();
  ZOO_ASSIGN_OR_RETURN(auto end64, FindEnd64(end.at));
  if (disk != 0 || directory_disk != 0 || count_here != count) {
    return Unsupported("a zip archive of several disks");
  }
  end.count = count;
  end.size = size;
  end.offset = offset;
  if (!end64) return end;
  auto agrees = [](uint64_t small, uint64_t saturated, uint64_t large) {
    return small == large || small == saturated;
  };
  if (!agrees(count, kSaturated16, end64->count) || !agrees(size, kSaturated32, end64->size) ||
      !agrees(offset, kSaturated32, end64->offset)) {
    return Corrupt(
        fmt::format("the zip end record says {} records, {} bytes of directory at {}, "
                    "the zip64 end record {}, {} at {}",
                    count, size, offset, end64->count, end64->size, end64->offset));
  }
  return *end64;
}

// Right before the end record there may be a locator that names the zip64 end record, which lies
// right before it.
Result<std::optional<End>> Parser::FindEnd64(uint64_t end_at) const {
  if (end_at < kLocatorBytes) return std::optional<End>();
  uint64_t locator_at = end_at - kLocatorBytes;
  std::array<std::byte, kLocatorBytes> locator;
  ZOO_RETURN_IF_ERROR(file_.Read(locator_at, locator));
  Cursor in(locator, locator_at);
  if (in.U32() != kLocatorSignature) return std::optional<End>();
  uint32_t disk = in.U32();
  uint64_t at = in.U64();
  uint32_t disks = in.U32();
  if (disk != 0 || disks > 1) return Unsupported("a zip archive of several disks");
  if (locator_at < kEnd64Bytes || at > locator_at - kEnd64Bytes) {
    return Corrupt(fmt::format(
        "the zip64 end record is said to be at byte {}, its locator is at {}", at, locator_at));
  }
  std::array<std::byte, kEnd64Bytes> record;
  ZOO_RETURN_IF_ERROR(file_.Read(at, record));
  Cursor fields(record, at);
  if (fields.U32() != kEnd64Signature) {
    return Corrupt(fmt::format("no zip64 end record at byte {}, where its locator says", at));
  }
  uint64_t length = fields.U64();
  fields.Skip(4);
  uint32_t this_disk = fields.U32(), directory_disk = fields.U32();
  uint64_t count_here = fields.U64();
  End end{.at = at};
  end.count = fields.U64();
  end.size = fields.U64();
  end.offset = fields.U64();
  if (this_disk != 0 || directory_disk != 0 || count_here != end.count) {
    return Unsupported("a zip archive of several disks");
  }
  if (length != locator_at - at - 12) {
    return Corrupt(fmt::format("the zip64 end record at byte {} says {} bytes, there are {}", at,
                               length, locator_at - at - 12));
  }
  return std::optional<End>(end);
}

Status Parser::CheckEnd(const End& end) const {
  auto stop = CheckedAdd(end.offset, end.size);
  if (!stop || *stop != end.at) {
    return Corrupt(fmt::format("the zip directory is said to be {} bytes at byte {}, but the end "
                               "record is at byte {}",
                               end.size, end.offset, end.at),
                   "bytes were added or lost: download it again");
  }
  if (end.count > limits_.records) {
    return Corrupt(
        fmt::format("a zip archive of {} records, the limit is {}", end.count, limits_.records),
        "raise the limit \"records\" if the file is trusted");
  }
  if (end.count > end.size / kCentralBytes) {
    return Corrupt(fmt::format("a zip directory of {} bytes cannot hold the {} records it says",
                               end.size, end.count));
  }
  // It is held in memory. A name, an extra field and a comment have a length of 16 bits each.
  if (end.size > std::max<uint64_t>(end.count, 1) * (kCentralBytes + 3 * kSaturated16)) {
    return Corrupt(fmt::format("a zip directory of {} bytes is longer than its {} records can be",
                               end.size, end.count));
  }
  return {};
}

Result<std::vector<ZipMember>> Parser::ParseCentral(const End& end, ByteView directory) const {
  Cursor in(directory, end.offset);
  std::vector<ZipMember> members;
  members.reserve(end.count);
  for (uint64_t i = 0; i < end.count; ++i) {
    ZOO_ASSIGN_OR_RETURN(ZipMember member, ParseMember(in));
    members.push_back(member);
  }
  if (in.remaining() != 0) {
    return Corrupt(fmt::format("{} bytes behind the {} records of the zip directory, at byte {}",
                               in.remaining(), end.count, in.offset()));
  }
  return members;
}

Result<ZipMember> Parser::ParseMember(Cursor& in) const {
  uint64_t at = in.offset();
  if (in.U32() != kCentralSignature) {
    return Corrupt(fmt::format("no zip directory record at byte {}", at));
  }
  in.Skip(4);
  ZipMember member;
  member.flags = in.U16();
  uint16_t method = in.U16();
  in.Skip(4);
  member.crc = in.U32();
  member.stored_size = in.U32();
  member.size = in.U32();
  uint16_t name_size = in.U16(), extra_size = in.U16(), comment_size = in.U16(), disk = in.U16();
  in.Skip(6);
  member.header_offset = in.U32();
  member.name = AsText(in.Take(name_size));
  ByteView extra = in.Take(extra_size);
  in.Skip(comment_size);
  if (!in.ok()) {
    return Corrupt(fmt::format("the zip directory record at byte {} is cut off", at));
  }
  ZOO_RETURN_IF_ERROR(ApplyZip64(extra, member));
  if (disk != 0) return Unsupported(Record(member.name) + " is on another disk of the archive");
  if ((member.flags & kEncryptedFlags) != 0) {
    return Unsupported(Record(member.name) + " is encrypted");
  }
  if ((member.flags & kPatchFlag) != 0) {
    return Unsupported(Record(member.name) + " is a patch of another file");
  }
  if (method != kZipStored && method != kZipDeflated) {
    return Unsupported(fmt::format("{} is compressed by method {}, not stored or deflated",
                                   Record(member.name), method));
  }
  member.deflated = method == kZipDeflated;
  if (!member.deflated && member.stored_size != member.size) {
    return Corrupt(fmt::format("{} is stored, but its sizes differ: {} and {}", Record(member.name),
                               member.stored_size, member.size));
  }
  return member;
}

// The extra field with id 1 holds the 64-bit values of the fields that are saturated, in this
// order.
Status Parser::ApplyZip64(ByteView extra, ZipMember& member) const {
  bool found = false;
  Cursor in(extra);
  while (in.remaining() >= 4) {
    uint16_t id = in.U16(), size = in.U16();
    ByteView body = in.Take(size);
    if (!in.ok()) break;
    if (id != kZip64Extra) continue;
    if (found) return Corrupt(Record(member.name) + " has two zip64 extra fields");
    found = true;
    Cursor values(body);
    for (uint64_t* field : {&member.size, &member.stored_size, &member.header_offset}) {
      if (*field == kSaturated32) *field = values.U64();
    }
    if (!values.ok()) return Corrupt(Record(member.name) + ": its zip64 extra field is cut off");
    if (values.remaining() != 0) {
      return Corrupt(fmt::format("{}: its zip64 extra field has {} bytes, {} are asked for",
                                 Record(member.name), size, size - values.remaining()));
    }
  }
  if (!in.ok()) return Corrupt(Record(member.name) + ": its extra fields are cut off");
  return {};
}

// `count` bytes; if they are not at hand, `reach` are read, for those that are asked for next.
Result<ByteView> Parser::Window(uint64_t offset, uint64_t count, uint64_t reach) {
  if (offset < window_at_ || offset + count > window_at_ + window_.size()) {
    window_.resize(reach);
    window_at_ = offset;
    ZOO_RETURN_IF_ERROR(file_.Read(offset, window_));
  }
  return ByteView(window_).subspan(offset - window_at_, count);
}

Result<uint64_t> Parser::ReadLocal(const ZipMember& member) {
  uint64_t room = file_.size() - std::min(file_.size(), member.header_offset);
  uint64_t need = LocalHeaderBytes(member);
  if (room < need) {
    return Corrupt(fmt::format("{} is said to be at byte {}, the file has {} bytes",
                               Record(member.name), member.header_offset, file_.size()));
  }
  // Behind the data of a large member the next header is out of the window's reach.
  uint64_t reach = member.stored_size < kHeaderWindow ? std::min(room, kHeaderWindow) : 0;
  ZOO_ASSIGN_OR_RETURN(ByteView header, Window(member.header_offset, need, std::max(need, reach)));
  return CompareLocalHeader(file_.name(), member, header);
}

// Where a member's data begins at the least, if its local header was not looked at yet.
// Saturated where it would not fit 64 bits.
uint64_t EarliestData(const ZipMember& member) {
  if (member.data_offset != 0) return member.data_offset;
  return CheckedAdd(member.header_offset, LocalHeaderBytes(member)).value_or(UINT64_MAX);
}

Status Parser::CheckRanges(std::vector<ZipMember>& members, uint64_t limit) const {
  std::vector<ZipMember*> order;
  order.reserve(members.size());
  for (ZipMember& member : members) order.push_back(&member);
  auto earlier = [](const ZipMember* a, const ZipMember* b) {
    return a->header_offset < b->header_offset;
  };
  // Writers sort them.
  if (!std::is_sorted(order.begin(), order.end(), earlier)) {
    std::sort(order.begin(), order.end(), earlier);
  }
  uint64_t free_from = 0;
  ZipMember* before = nullptr;
  for (ZipMember* member : order) {
    if (before == nullptr && member->header_offset != 0) {
      return Corrupt(fmt::format("{} bytes before the first zip record", member->header_offset));
    }
    if (member->header_offset < free_from) {
      return Corrupt(fmt::format("{} and {} overlap at byte {}", Record(before->name),
                                 Record(member->name), member->header_offset));
    }
    uint64_t data = EarliestData(*member);
    auto stop = CheckedAdd(data, member->stored_size);
    if (!stop || *stop > limit) {
      return Corrupt(fmt::format("{}: {} bytes at byte {} reach into the zip directory at byte {}",
                                 Record(member->name), member->stored_size, data, limit));
    }
    if (before != nullptr) before->limit = member->header_offset;
    member->limit = limit;
    free_from = *stop;
    before = member;
  }
  return {};
}

}  // namespace

Result<std::vector<ZipMember>> ParseZip(const MappedFile& file, const Limits& limits,
                                        LocalHeaders headers, std::string& directory) {
  return Parser(file, limits).Parse(headers, directory);
}

}  // namespace zoo
