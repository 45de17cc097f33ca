#include "zoo/checkpoint/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/tensor_info.h"

namespace zoo {
namespace {

constexpr size_t kMostSteps = 16;
constexpr size_t kMostExpectedIds = 1 << 20;

}  // namespace

struct Unpickler::OpcodeRow {
  uint8_t code;
  Opcode opcode;
};

// All 68 opcodes, as pickletools orders them.
constexpr Unpickler::OpcodeRow Unpickler::kOpcodes[] = {
    {'I', {"INT", &Unpickler::IntText}},
    {'J', {"BININT", &Unpickler::SmallInt, -4}},
    {'K', {"BININT1", &Unpickler::SmallInt, 1}},
    {'M', {"BININT2", &Unpickler::SmallInt, 2}},
    {'L', {"LONG", &Unpickler::LongText}},
    {0x8a, {"LONG1", &Unpickler::Long, 1}},
    {0x8b, {"LONG4", &Unpickler::Long, 4}},
    {'S', {"STRING", &Unpickler::StringText}},
    {'T', {"BINSTRING", &Unpickler::Python2String, 4}},
    {'U', {"SHORT_BINSTRING", &Unpickler::Python2String, 1}},
    {'B', {"BINBYTES", &Unpickler::Bytes, 4}},
    {'C', {"SHORT_BINBYTES", &Unpickler::Bytes, 1}},
    {0x8e, {"BINBYTES8", &Unpickler::Bytes, 8}},
    {0x96, {"BYTEARRAY8", &Unpickler::ByteArray, 8}},
    {0x97, {"NEXT_BUFFER", &Unpickler::NotRead}},
    {0x98, {"READONLY_BUFFER", &Unpickler::NotRead}},
    {'N', {"NONE", &Unpickler::Constant, Arena::kNone}},
    {0x88, {"NEWTRUE", &Unpickler::Constant, Arena::kTrue}},
    {0x89, {"NEWFALSE", &Unpickler::Constant, Arena::kFalse}},
    {'V', {"UNICODE", &Unpickler::UnicodeText}},
    {0x8c, {"SHORT_BINUNICODE", &Unpickler::Unicode, 1}},
    {'X', {"BINUNICODE", &Unpickler::Unicode, 4}},
    {0x8d, {"BINUNICODE8", &Unpickler::Unicode, 8}},
    {'F', {"FLOAT", &Unpickler::FloatText}},
    {'G', {"BINFLOAT", &Unpickler::FloatBinary}},
    {']', {"EMPTY_LIST", &Unpickler::Empty, static_cast<int>(NodeKind::kList)}},
    {'a', {"APPEND", &Unpickler::Append}},
    {'e', {"APPENDS", &Unpickler::Appends}},
    {'l', {"LIST", &Unpickler::MarkedList}},
    {')', {"EMPTY_TUPLE", &Unpickler::Constant, Arena::kEmptyTuple}},
    {'t', {"TUPLE", &Unpickler::MarkedTuple}},
    {0x85, {"TUPLE1", &Unpickler::FixedTuple, 1}},
    {0x86, {"TUPLE2", &Unpickler::FixedTuple, 2}},
    {0x87, {"TUPLE3", &Unpickler::FixedTuple, 3}},
    {'}', {"EMPTY_DICT", &Unpickler::Empty, static_cast<int>(NodeKind::kDict)}},
    {'d', {"DICT", &Unpickler::MarkedDict}},
    {'s', {"SETITEM", &Unpickler::SetItem}},
    {'u', {"SETITEMS", &Unpickler::SetItems}},
    {0x8f, {"EMPTY_SET", &Unpickler::Empty, static_cast<int>(NodeKind::kSet)}},
    {0x90, {"ADDITEMS", &Unpickler::AddItems}},
    {0x91, {"FROZENSET", &Unpickler::MarkedFrozenSet}},
    {'0', {"POP", &Unpickler::PopOp}},
    {'2', {"DUP", &Unpickler::Dup}},
    {'(', {"MARK", &Unpickler::Mark}},
    {'1', {"POP_MARK", &Unpickler::PopMarkOp}},
    {'g', {"GET", &Unpickler::GetText}},
    {'h', {"BINGET", &Unpickler::Get, 1}},
    {'j', {"LONG_BINGET", &Unpickler::Get, 4}},
    {'p', {"PUT", &Unpickler::PutText}},
    {'q', {"BINPUT", &Unpickler::Put, 1}},
    {'r', {"LONG_BINPUT", &Unpickler::Put, 4}},
    {0x94, {"MEMOIZE", &Unpickler::Memoize}},
    {0x82, {"EXT1", &Unpickler::NotRead}},
    {0x83, {"EXT2", &Unpickler::NotRead}},
    {0x84, {"EXT4", &Unpickler::NotRead}},
    {'c', {"GLOBAL", &Unpickler::Global}},
    {0x93, {"STACK_GLOBAL", &Unpickler::StackGlobal}},
    {'R', {"REDUCE", &Unpickler::Reduce}},
    {'b', {"BUILD", &Unpickler::Build}},
    {'i', {"INST", &Unpickler::Instance}},
    {'o', {"OBJ", &Unpickler::ObjectOp}},
    {0x81, {"NEWOBJ", &Unpickler::Reduce}},
    {0x92, {"NEWOBJ_EX", &Unpickler::NewObjectEx}},
    {0x80, {"PROTO", &Unpickler::Proto}},
    {'.', {"STOP", &Unpickler::Stop}},
    {0x95, {"FRAME", &Unpickler::Frame}},
    {'P', {"PERSID", &Unpickler::PersistentText}},
    {'Q', {"BINPERSID", &Unpickler::Persistent}},
};

constexpr std::array<Unpickler::Opcode, 256> Unpickler::kTable = [] {
  std::array<Opcode, 256> table;
  for (const OpcodeRow& row : kOpcodes) table[row.code] = row.opcode;
  return table;
}();

std::string_view Unpickler::OpcodeName(uint8_t code) { return kTable[code].name; }

Unpickler::Unpickler(Arena& arena, PickleSource source)
    : arena_(arena), source_(std::move(source)), in_(source_.bytes, source_.offset) {
  arena_.Expect(source_.bytes.size());
  memo_.reserve(std::min(source_.bytes.size() / 8, kMostExpectedIds));
}

Result<NodeId> Unpickler::Read() {
  while (!stopped_) {
    uint64_t at = in_.offset();
    uint8_t code = in_.U8();
    if (!in_.ok()) {
      ran_out_ = true;
      Fail("the pickle ends without STOP");
      return Located(at, "end");
    }
    const Opcode& opcode = kTable[code];
    if (opcode.run == nullptr) {
      Fail("no pickle opcode has this byte");
      return Located(at, fmt::format("0x{:02x}", code));
    }
    (this->*opcode.run)(opcode.argument);
    if (!in_.ok()) {
      ran_out_ = true;
      Fail(fmt::format("its argument does not fit into the {} bytes left",
                       source_.bytes.size() - (at - source_.offset) - 1));
    } else if (arena_.exhausted()) {
      Fail(fmt::format("more than {} values", arena_.limits().nodes), ErrorCode::kCorrupt,
           "raise the limit \"nodes\" if the file is trusted");
    }
    if (failed_) return Located(at, opcode.name);
  }
  return stack_.back();
}

Error Unpickler::Located(uint64_t at, std::string_view opcode) const {
  std::string path = KeyPath();
  return {error_.code,
          fmt::format("{}: byte {} ({}){}{}: {}", source_.where, at, opcode,
                      path.empty() ? "" : " at ", path, error_.message),
          error_.hint};
}

// Where the value on top of the stack would come to stand, as far as the stack tells: the container
// below each MARK, with the key or the number of the item that is being made.
std::string Unpickler::KeyPath() const {
  Path path;
  auto add_key = [&](NodeId key) {
    if (arena_.kind(key) == NodeKind::kString) path.emplace_back(std::string(arena_.text(key)));
    if (arena_.kind(key) == NodeKind::kInt) path.emplace_back(arena_.at(key).integer);
  };
  auto keyed = [&](NodeId id) {
    return arena_.kind(id) == NodeKind::kDict || arena_.kind(id) == NodeKind::kObject;
  };
  for (size_t level = 0; level <= marks_.size() && path.size() < kMostSteps; ++level) {
    size_t from = level == 0 ? 0 : marks_[level - 1];
    size_t end = level < marks_.size() ? std::max(marks_[level], from + 1) - 1 : stack_.size();
    NodeId below = from == 0 ? Arena::kNone : stack_[from - 1];
    if (level > 0 && keyed(below)) {
      if ((end - from) % 2 == 1) add_key(stack_[end - 1]);
    } else if (level > 0 && arena_.kind(below) == NodeKind::kList) {
      path.emplace_back(static_cast<int64_t>(arena_.Items(below).size() + end - from));
    } else {
      // Dicts of one entry are filled without a MARK.
      for (size_t i = from; i + 1 < end && keyed(stack_[i]); i += 2) {
        if (arena_.kind(stack_[i + 1]) == NodeKind::kString) add_key(stack_[i + 1]);
      }
    }
  }
  return FormatPath(path);
}

// The first failure stays.
void Unpickler::Fail(std::string what, ErrorCode code, std::string hint) {
  if (failed_) return;
  failed_ = true;
  error_ = {code, std::move(what), std::move(hint)};
}

void Unpickler::FailFull() {
  Fail(fmt::format("more than {} values on the stack", arena_.limits().nodes), ErrorCode::kCorrupt,
       RaiseLimit("nodes"));
}

size_t Unpickler::PopMark() {
  if (marks_.empty()) {
    Fail("no MARK is open");
    return stack_.size();
  }
  size_t height = marks_.back();
  marks_.pop_back();
  return height;
}

void Unpickler::PushResult(Result<NodeId> made) {
  if (made) return Push(*made);
  const Error& error = made.error();
  Fail(error.message, error.code, error.hint);
}

}  // namespace zoo
