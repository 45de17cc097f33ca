// PickleEmitter: the opcodes of pickle protocol 2, as torch.load(weights_only=True) takes them:
// what stands here and nothing else may be written. It knows no values, only what each opcode
// needs; the order of the calls is the caller's. One thread.
//
//   PickleEmitter out;
//   out.EmptyList();
//   out.Int(3);
//   out.Op(PickleOp::kAppend);
//   std::string pickle = out.Finish();
#ifndef ZOO_CHECKPOINT_PICKLE_EMITTER_H_
#define ZOO_CHECKPOINT_PICKLE_EMITTER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace zoo {

// Opcodes without an argument.
enum class PickleOp : char {
  kMark = '(',
  kNone = 'N',
  kTrue = '\x88',
  kFalse = '\x89',
  kEmptyTuple = ')',
  kTuple1 = '\x85',
  kTuple2 = '\x86',
  kTuple3 = '\x87',
  kTuple = 't',
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kReduce = 'R',
  kBuild = 'b',
  kPersistentId = 'Q',
};

class PickleEmitter {
 public:
  static constexpr size_t kMaxIntBytes = 255;  // that LONG1 can say

  PickleEmitter();

  void Op(PickleOp op) { out_ += static_cast<char>(op); }
  void Bool(bool value) { Op(value ? PickleOp::kTrue : PickleOp::kFalse); }
  void Int(int64_t value);
  // Little-endian two's complement of at most kMaxIntBytes.
  void LongInt(std::string_view bytes);
  void Float(double value);
  // UTF-8 of less than 4 GiB.
  void Text(std::string_view utf8);
  // A string of few different ones, like "storage": kept in the memo.
  void Word(std::string_view word);
  // A class or function; kept in the memo.
  void Global(std::string_view module, std::string_view name);
  // The function is there already: a tuple of Latin-1 text and the encoding's name, and the call.
  void BytesCall(std::string_view bytes, std::string_view encoding);
  void IntTuple(std::span<const int64_t> values);
  // TUPLE1 to TUPLE3; the items of others begin at a kMark.
  static bool TupleNeedsMark(size_t size) { return size > 3; }
  void CloseTuple(size_t size);

  // Names the value on top, for Get.
  uint32_t Put();
  void Get(uint32_t memo);

  // With the final opcode; nothing may follow.
  std::string Finish();

 private:
  void Little(uint64_t value, size_t bytes);

  std::string out_;
  uint32_t memos_ = 0;
  std::unordered_map<std::string, uint32_t> words_, globals_;
};

// "-123" as little-endian two's complement, in as few bytes as Python takes; empty if these are
// more than PickleEmitter::kMaxIntBytes. REQUIRES: an optional '-' and digits, not zero.
std::string TwosComplement(std::string_view decimal);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PICKLE_EMITTER_H_
