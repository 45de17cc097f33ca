// Cursor: reads little-endian fields from bytes in memory and never past their end. The first
// failure is latched: later reads give zeros and empty views, so that a parser reads ten fields in
// a row and asks once.
//
//   Cursor in(header, offset_in_file);
//   uint32_t signature = in.U32();
//   uint64_t size = in.U64();
//   if (!in.ok()) ... cut off at in.offset() ...
//
// A value that borrows its bytes; one thread.
#ifndef ZOO_CHECKPOINT_CURSOR_H_
#define ZOO_CHECKPOINT_CURSOR_H_

#include <cstdint>
#include <cstring>

#include "zoo/base/bytes.h"

namespace zoo {

class Cursor {
 public:
  // `base` is the offset of the first byte in the file, for messages.
  explicit Cursor(ByteView bytes, uint64_t base = 0)
      : start_(bytes.data()), at_(start_), end_(start_ + bytes.size()), base_(base) {}

  bool ok() const { return ok_; }
  // Of the next byte; after a failure, of the field that did not fit.
  uint64_t offset() const { return base_ + static_cast<uint64_t>(at_ - start_); }
  uint64_t remaining() const { return static_cast<uint64_t>(end_ - at_); }

  uint8_t U8() { return Little<uint8_t>(); }
  uint16_t U16() { return Little<uint16_t>(); }
  uint32_t U32() { return Little<uint32_t>(); }
  uint64_t U64() { return Little<uint64_t>(); }
  int32_t I32() { return static_cast<int32_t>(Little<uint32_t>()); }

  ByteView Take(uint64_t count) {
    if (!Has(count)) return {};
    ByteView taken(at_, static_cast<size_t>(count));
    at_ += count;
    return taken;
  }
  void Skip(uint64_t count) { Take(count); }

  // Up to the next line feed, which is passed over too.
  std::string_view Line() {
    const void* feed =
        ok_ && at_ != end_ ? std::memchr(at_, '\n', static_cast<size_t>(end_ - at_)) : nullptr;
    if (feed == nullptr) {
      ok_ = false;
      return {};
    }
    auto* stop = static_cast<const std::byte*>(feed);
    std::string_view line = AsText(ByteView(at_, stop));
    at_ = stop + 1;
    return line;
  }

 private:
  bool Has(uint64_t count) {
    if (ok_ && count > remaining()) ok_ = false;
    return ok_;
  }
  template <typename T>
  T Little() {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    T value = 0;
    if (!Has(sizeof value)) return value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  const std::byte* start_;
  const std::byte* at_;
  const std::byte* end_;
  uint64_t base_;
  bool ok_ = true;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_CURSOR_H_
