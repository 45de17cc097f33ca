// A header is a block of 512 bytes, and so is everything rounded up to:
//
//      0  name      100 bytes, padded with NULs      156  type       '0' or NUL: a plain file
//    124  size       12 octal digits                 257  "ustar"    nothing in a v7 header
//    148  checksum    8 octal digits                 345  prefix     155 bytes before the name
//
// A header of type 'x' describes the member behind it in lines "LENGTH KEY=VALUE\n".
#include "zoo/checkpoint/tar_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr uint64_t kMostPax = 64 << 10;

struct Field {
  size_t offset, size;
};
constexpr Field kName{0, 100}, kSize{124, 12}, kChecksum{148, 8}, kType{156, 1}, kPrefix{345, 155};

std::string_view Raw(std::string_view block, Field field) {
  return block.substr(field.offset, field.size);
}
std::string_view TextOf(std::string_view block, Field field) {
  std::string_view text = Raw(block, field);
  return text.substr(0, text.find('\0'));
}

// Octal digits with spaces before and NULs or spaces behind them.
std::optional<uint64_t> Octal(std::string_view field) {
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  uint64_t value = 0;
  auto [end, status] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  field.remove_prefix(static_cast<size_t>(end - field.data()));
  bool padded = field.find_first_not_of(std::string_view("\0 ", 2)) == std::string_view::npos;
  if (status != std::errc() || !padded) return std::nullopt;
  return value;
}

struct Kind {
  char type;
  std::string_view what;
};
constexpr Kind kKinds[] = {
    {'1', "a hard link"},        {'2', "a symbolic link"},      {'3', "a character device"},
    {'4', "a block device"},     {'5', "a directory"},          {'6', "a FIFO"},
    {'7', "a contiguous file"},  {'K', "a GNU long link name"}, {'L', "a GNU long name"},
    {'M', "a piece of a file"},  {'S', "a sparse file"},        {'V', "a volume label"},
    {'g', "a global pax header"}};

std::string Oddity(char type) {
  if (type == '0' || type == '\0' || type == 'x') return "";
  for (const Kind& row : kKinds) {
    if (row.type == type) return fmt::format("it is {}", row.what);
  }
  return fmt::format("it is of type 0x{:02x}", static_cast<uint8_t>(type));
}

}  // namespace

Error TarReader::Corrupt(const std::string& what) const {
  return {ErrorCode::kCorrupt,
          fmt::format("{}: tar header at byte {}: {}", file_.name(), header_, what), ""};
}

Result<bool> TarReader::ReadHeader(Block& block) {
  block.fill('\0');
  if (at_ >= file_.size()) return false;
  header_ = at_;
  uint64_t size = std::min(kBlock, file_.size() - at_);
  ZOO_RETURN_IF_ERROR(file_.Read(at_, std::as_writable_bytes(std::span(block).first(size))));
  if (std::ranges::all_of(block, [](char c) { return c == '\0'; })) return false;
  if (size < kBlock) {
    Error error = Corrupt(fmt::format("cut off after {} bytes", file_.size()));
    error.hint = "download it again";
    return error;
  }
  at_ += kBlock;
  return true;
}

Result<TarMember> TarReader::Describe(const Block& block) {
  std::string_view head(block.data(), block.size());
  std::optional<uint64_t> written = Octal(Raw(head, kChecksum));
  uint64_t sum = kChecksum.size * ' ';
  for (size_t i = 0; i < head.size(); ++i) {
    bool counts = i < kChecksum.offset || i >= kChecksum.offset + kChecksum.size;
    sum += counts ? static_cast<uint8_t>(head[i]) : 0;
  }
  if (written != sum) {
    return Corrupt(fmt::format("its checksum is {}, it says {}", sum,
                               written ? std::to_string(*written) : "nothing readable"));
  }
  TarMember member;
  std::string_view prefix = TextOf(head, kPrefix);
  member.name = prefix.empty() ? std::string(TextOf(head, kName))
                               : fmt::format("{}/{}", prefix, TextOf(head, kName));
  member.oddity = Oddity(head[kType.offset]);
  std::optional<uint64_t> size = Octal(Raw(head, kSize));
  if (!size)
    return Corrupt(fmt::format("the size of {} is not an octal number", Quote(member.name, 80)));
  member.size = *size;
  return member;
}

// The place behind the header, if the file has it.
Status TarReader::Place(TarMember& member) {
  member.offset = at_;
  uint64_t left = file_.size() - at_;
  if (member.size > left) {
    Error error = Corrupt(fmt::format("{} is {} bytes, the file has {} more",
                                      Quote(member.name, 80), member.size, left));
    error.hint = "if it was cut off, download it again";
    return error;
  }
  uint64_t padding = (kBlock - member.size % kBlock) % kBlock;
  at_ += member.size + std::min(padding, left - member.size);
  return {};
}

// A name or a size of a sparse file that stands only here is what other readers may not see.
Result<TarReader::Pax> TarReader::ReadPax(const TarMember& member) {
  if (member.size > kMostPax) {
    return Corrupt(fmt::format("a pax header of {} bytes, the limit is {}", member.size, kMostPax));
  }
  std::string text(member.size, '\0');
  ZOO_RETURN_IF_ERROR(file_.Read(member.offset, std::as_writable_bytes(std::span(text))));
  Pax pax;
  for (std::string_view rest = text; !rest.empty();) {
    size_t length = 0;
    auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    size_t digits = static_cast<size_t>(end - rest.data());
    bool whole = status == std::errc() && length >= digits + 3 && length <= rest.size() &&
                 rest[digits] == ' ' && rest[length - 1] == '\n';
    std::string_view record = whole ? rest.substr(digits + 1, length - digits - 2) : "";
    size_t equals = record.find('=');
    if (equals == std::string_view::npos) return Corrupt("a pax header with a broken record");
    std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
    rest.remove_prefix(length);
    if (key == "path" || key == "linkpath" || key.starts_with("GNU.sparse.")) {
      pax.oddity = fmt::format("its pax header sets {}", Quote(key, 40));
    }
    if (key != "size") continue;
    uint64_t size = 0;
    auto [stop, read] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (read != std::errc() || stop != value.data() + value.size()) {
      return Corrupt(fmt::format("the pax size {} is not a number", Quote(value, 40)));
    }
    pax.size = size;
  }
  return pax;
}

Result<std::optional<TarMember>> TarReader::Next() {
  Block block;
  ZOO_ASSIGN_OR_RETURN(bool more, ReadHeader(block));
  if (!more) return std::optional<TarMember>();
  ZOO_ASSIGN_OR_RETURN(TarMember member, Describe(block));
  Pax pax;
  if (block[kType.offset] == 'x') {
    ZOO_RETURN_IF_ERROR(Place(member));
    ZOO_ASSIGN_OR_RETURN(pax, ReadPax(member));
    ZOO_ASSIGN_OR_RETURN(more, ReadHeader(block));
    if (!more) return Corrupt("a pax header without a member behind it");
    ZOO_ASSIGN_OR_RETURN(member, Describe(block));
    if (block[kType.offset] == 'x') return Corrupt("two pax headers in a row");
  }
  if (pax.size) member.size = *pax.size;
  if (member.oddity.empty()) member.oddity = pax.oddity;
  ZOO_RETURN_IF_ERROR(Place(member));
  return std::optional<TarMember>(std::move(member));
}

}  // namespace zoo
