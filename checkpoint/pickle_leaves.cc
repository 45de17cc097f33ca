// The opcodes that push one value without parts: numbers, text, bytes.
#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/pickle.h"
#include "zoo/checkpoint/pickle_text.h"

namespace zoo {

uint64_t Unpickler::Number(int bytes) {
  switch (bytes) {
    case 1:
      return in_.U8();
    case 2:
      return in_.U16();
    case 4:
      return in_.U32();
    default:
      return in_.U64();
  }
}

// The count is compared with the bytes left before anything is made of it.
std::string_view Unpickler::Counted(int size_bytes) { return AsText(in_.Take(Number(size_bytes))); }

// Negative: signed, as only BININT is.
void Unpickler::SmallInt(int bytes) {
  int64_t value = bytes < 0 ? in_.I32() : static_cast<int64_t>(Number(bytes));
  Push(arena_.AddInt(value));
}

void Unpickler::Long(int size_bytes) {
  std::string_view bytes = Counted(size_bytes);
  // 2.41 digits a byte.
  if (bytes.size() / 5 * 12 > arena_.limits().integer_digits) {
    Fail(fmt::format("an int of {} bytes, the limit is {} digits", bytes.size(),
                     arena_.limits().integer_digits));
    return;
  }
  if (bytes.empty()) return Push(arena_.AddInt(0));
  if (bytes.size() > 8) return Push(arena_.AddText(NodeKind::kBigInt, bytes));
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  int unused = 64 - 8 * static_cast<int>(bytes.size());
  // Shifted up and down again, which repeats the sign bit.
  Push(arena_.AddInt(static_cast<int64_t>(value << unused) >> unused));
}

void Unpickler::PushDigits(std::string_view line) {
  if (line.size() > arena_.limits().integer_digits + 2) {
    Fail(fmt::format("an int of {} digits, the limit is {}", line.size(),
                     arena_.limits().integer_digits));
    return;
  }
  auto digits = ParseDigits(line);
  if (!digits) return Fail(Quote(line, 40) + " is not an int");
  if (auto value = ToInt64(*digits)) return Push(arena_.AddInt(*value));
  Push(arena_.AddText(NodeKind::kBigInt, arena_.Keep(std::move(*digits)), kDecimal));
}

void Unpickler::LongText(int) {
  std::string_view line = in_.Line();
  if (in_.ok()) PushDigits(line);
}

void Unpickler::IntText(int) {
  std::string_view line = in_.Line();
  if (!in_.ok()) return;
  if (line == "00" || line == "01") return Push(arena_.AddBool(line == "01"));
  PushDigits(line);
}

void Unpickler::FloatBinary(int) {
  uint64_t bits = __builtin_bswap64(in_.U64());
  double value;
  std::memcpy(&value, &bits, sizeof value);
  Push(arena_.AddFloat(value));
}

void Unpickler::FloatText(int) {
  std::string_view line = in_.Line();
  if (!in_.ok()) return;
  auto value = ParseReal(line);
  if (!value) return Fail(Quote(line, 40) + " is not a float");
  Push(arena_.AddFloat(*value));
}

void Unpickler::Unicode(int size_bytes) {
  std::string_view text = Counted(size_bytes);
  if (!IsUtf8(text, true)) return Fail(Quote(text, 40) + " is not UTF-8");
  Push(arena_.AddText(NodeKind::kString, text));
}

void Unpickler::UnicodeText(int) {
  std::string_view line = in_.Line();
  if (!in_.ok()) return;
  auto text = ParseRawUnicode(line);
  if (!text) return Fail(Quote(line, 40) + " has a broken \\u escape");
  Push(arena_.AddText(NodeKind::kString, arena_.Keep(std::move(*text))));
}

// Python 2's str is text if it can be, as torch.load takes it, and bytes otherwise.
void Unpickler::PushPython2(std::string_view bytes) {
  bool text = IsUtf8(bytes, false);
  Push(arena_.AddText(text ? NodeKind::kString : NodeKind::kBytes, bytes, kPython2));
}

void Unpickler::Python2String(int size_bytes) { PushPython2(Counted(size_bytes)); }

void Unpickler::StringText(int) {
  std::string_view line = in_.Line();
  if (!in_.ok()) return;
  auto bytes = ParseLiteral(line);
  if (!bytes) return Fail(Quote(line, 40) + " is not a string literal");
  PushPython2(arena_.Keep(std::move(*bytes)));
}

void Unpickler::Bytes(int size_bytes) {
  Push(arena_.AddText(NodeKind::kBytes, Counted(size_bytes)));
}

void Unpickler::ByteArray(int) { Push(arena_.AddText(NodeKind::kByteArray, Counted(8))); }

}  // namespace zoo
