// A header is a block of 512 bytes:
//
//      0  name      100   padded with NULs         156  type      '0' a file, 'x' a pax header
//    100  mode        8   "0000444"                157  link name 100   NULs
//    108  owner       8   "0000000"                257  magic       8   "ustar\0" "00"
//    116  group       8   "0000000"                265  user, group 64  NULs
//    124  size       12   octal digits, a NUL      329  device     16   "0000000" twice
//    136  time       12   "00000000000"            345  prefix    155   NULs
//    148  checksum    8   six octal digits, a NUL, a blank
//
// The checksum is the sum of the block's bytes, with blanks for itself. From 8 GiB on the size
// field is zero and the size stands in a pax header in front: one record, "19 size=8589934592\n".
#include "zoo/share/ustar.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>

namespace zoo {
namespace {

struct Field {
  size_t at, size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kOwner{108, 8}, kGroup{116, 8}, kSize{124, 12},
    kTime{136, 12}, kChecksum{148, 8}, kType{156, 1}, kMagic{257, 8}, kMajor{329, 8},
    kMinor{337, 8};
constexpr std::string_view kUstar("ustar\00000", 8);
constexpr uint64_t kLargestOctal = 077777777777;

void Put(std::string& block, Field field, std::string_view text) {
  block.replace(field.at, text.size(), text);
}

// Leading zeros, and a NUL behind them.
void PutOctal(std::string& block, Field field, uint64_t value) {
  Put(block, field, fmt::format("{:0{}o}", value, field.size - 1));
}

std::string Header(std::string_view name, char type, uint64_t size) {
  if (name.size() > kName.size || size > kLargestOctal) std::abort();
  std::string block(kUstarBlock, '\0');
  Put(block, kName, name);
  PutOctal(block, kMode, 0444);
  for (Field field : {kOwner, kGroup, kTime, kMajor, kMinor}) PutOctal(block, field, 0);
  PutOctal(block, kSize, size);
  Put(block, kChecksum, "        ");
  Put(block, kType, std::string_view(&type, 1));
  Put(block, kMagic, kUstar);
  uint64_t sum = 0;
  for (char c : block) sum += static_cast<unsigned char>(c);
  Put(block, kChecksum, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return block;
}

// "LENGTH size=SIZE\n", where LENGTH counts itself.
std::string SizeRecord(uint64_t size) {
  const std::string tail = fmt::format(" size={}\n", size);
  size_t length = tail.size() + 1;
  while (fmt::format("{}", length).size() + tail.size() != length) ++length;
  return fmt::format("{}{}", length, tail);
}

struct Kind {
  char type;
  std::string_view what;
};
constexpr Kind kKinds[] = {{'1', "a hard link"},  {'2', "a symbolic link"}, {'3', "a device"},
                           {'4', "a device"},     {'5', "a directory"},     {'6', "a FIFO"},
                           {'x', "a pax header"}, {'g', "a pax header"},    {'L', "a long name"},
                           {'K', "a long link"},  {'S', "a sparse file"}};

std::string OddityOf(char type) {
  if (type == '0') return "";
  for (const Kind& kind : kKinds) {
    if (kind.type == type) return std::string(kind.what);
  }
  return fmt::format("of type 0x{:02x}", static_cast<unsigned char>(type));
}

}  // namespace

std::string UstarHeader(std::string_view name, uint64_t size) {
  if (size <= kLargestOctal) return Header(name, '0', size);
  const std::string record = SizeRecord(size);
  return Header("PaxHeaders/size", 'x', record.size()) + record + UstarPadding(record.size()) +
         Header(name, '0', 0);
}

std::string UstarPadding(uint64_t size) {
  return std::string((kUstarBlock - size % kUstarBlock) % kUstarBlock, '\0');
}

std::string UstarEnd() { return std::string(2 * kUstarBlock, '\0'); }

std::optional<UstarClaim> ReadUstarClaim(std::string_view block) {
  auto part = [&](Field field) { return block.substr(field.at, field.size); };
  if (block.size() < kUstarBlock || part(kMagic) != kUstar) return std::nullopt;
  UstarClaim claim;
  claim.name = part(kName).substr(0, part(kName).find('\0'));
  claim.oddity = OddityOf(part(kType)[0]);
  const std::string_view digits = part(kSize).substr(0, kSize.size - 1);
  uint64_t size = 0;
  auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 8);
  if (status == std::errc() && end == digits.data() + digits.size()) claim.size = size;
  return claim;
}

}  // namespace zoo
