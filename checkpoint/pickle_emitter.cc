#include "zoo/checkpoint/pickle_emitter.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "zoo/checkpoint/pickle_text.h"

namespace zoo {
namespace {

constexpr char kProto = '\x80', kStop = '.', kBinInt = 'J', kBinInt1 = 'K', kBinInt2 = 'M',
               kLong1 = '\x8a', kBinFloat = 'G', kBinUnicode = 'X', kGlobal = 'c', kBinPut = 'q',
               kLongBinPut = 'r', kBinGet = 'h', kLongBinGet = 'j';

}  // namespace

PickleEmitter::PickleEmitter() { out_.append({kProto, 2}); }

void PickleEmitter::Little(uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i));
}

void PickleEmitter::Int(int64_t value) {
  if (value >= 0 && value <= UINT16_MAX) {
    const bool one = value <= UINT8_MAX;
    out_ += one ? kBinInt1 : kBinInt2;
    Little(static_cast<uint64_t>(value), one ? 1 : 2);
  } else if (value >= INT32_MIN && value <= INT32_MAX) {
    out_ += kBinInt;
    Little(static_cast<uint64_t>(value), 4);
  } else {
    LongInt(TwosComplement(fmt::to_string(value)));
  }
}

void PickleEmitter::LongInt(std::string_view bytes) {
  out_ += kLong1;
  out_ += static_cast<char>(bytes.size());
  out_ += bytes;
}

void PickleEmitter::Float(double value) {
  out_ += kBinFloat;
  const auto bits = std::bit_cast<uint64_t>(value);
  for (int shift = 56; shift >= 0; shift -= 8) out_ += static_cast<char>(bits >> shift);
}

void PickleEmitter::Text(std::string_view utf8) {
  out_ += kBinUnicode;
  Little(utf8.size(), 4);
  out_ += utf8;
}

void PickleEmitter::Word(std::string_view word) {
  auto [known, fresh] = words_.try_emplace(std::string(word), memos_);
  if (!fresh) return Get(known->second);
  Text(word);
  Put();
}

void PickleEmitter::Global(std::string_view module, std::string_view name) {
  std::string line = fmt::format("{}\n{}\n", module, name);
  auto [known, fresh] = globals_.try_emplace(line, memos_);
  if (!fresh) return Get(known->second);
  out_ += kGlobal;
  out_ += line;
  Put();
}

void PickleEmitter::BytesCall(std::string_view bytes, std::string_view encoding) {
  Text(FromLatin1(bytes));
  Word(encoding);
  Op(PickleOp::kTuple2);
  Op(PickleOp::kReduce);
}

void PickleEmitter::CloseTuple(size_t size) {
  constexpr PickleOp kShort[] = {PickleOp::kEmptyTuple, PickleOp::kTuple1, PickleOp::kTuple2,
                                 PickleOp::kTuple3};
  Op(TupleNeedsMark(size) ? PickleOp::kTuple : kShort[size]);
}

void PickleEmitter::IntTuple(std::span<const int64_t> values) {
  if (TupleNeedsMark(values.size())) Op(PickleOp::kMark);
  for (int64_t value : values) Int(value);
  CloseTuple(values.size());
}

uint32_t PickleEmitter::Put() {
  const bool one = memos_ <= UINT8_MAX;
  out_ += one ? kBinPut : kLongBinPut;
  Little(memos_, one ? 1 : 4);
  return memos_++;
}

void PickleEmitter::Get(uint32_t memo) {
  const bool one = memo <= UINT8_MAX;
  out_ += one ? kBinGet : kLongBinGet;
  Little(memo, one ? 1 : 4);
}

std::string PickleEmitter::Finish() {
  out_ += kStop;
  return std::move(out_);
}

std::string TwosComplement(std::string_view decimal) {
  const bool negative = decimal.starts_with('-');
  if (negative) decimal.remove_prefix(1);
  std::string bytes;
  for (char digit : decimal) {
    unsigned carry = static_cast<unsigned>(digit - '0');
    for (char& byte : bytes) {
      carry += 10u * static_cast<unsigned char>(byte);
      byte = static_cast<char>(carry);
      carry >>= 8;
    }
    if (carry != 0) bytes += static_cast<char>(carry);
    if (bytes.size() > PickleEmitter::kMaxIntBytes) return {};
  }
  bytes += '\0';  // for the sign
  if (negative) {
    unsigned carry = 1;
    for (char& byte : bytes) {
      carry += static_cast<unsigned char>(~byte);
      byte = static_cast<char>(carry);
      carry >>= 8;
    }
  }
  // The byte of the sign is not needed where the one below it has the sign's bit.
  const auto top = static_cast<unsigned char>(bytes.back());
  if (bytes.size() > 1 && (static_cast<unsigned char>(bytes[bytes.size() - 2]) >> 7) == top >> 7) {
    bytes.pop_back();
  }
  if (bytes.size() > PickleEmitter::kMaxIntBytes) return {};
  return bytes;
}

}  // namespace zoo
