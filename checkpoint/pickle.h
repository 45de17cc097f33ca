// Unpickler: the machine that reads one pickle, protocols 0 to 5, into an arena. Nothing that a
// pickle names is ever looked up or called: what PyTorch's own checkpoints are made of becomes
// tensors and values (globals.h), everything else an object that is described, not built.
//
//   Unpickler unpickler(arena, {.bytes = bytes, .where = "x.pth: data.pkl", .persistent = load});
//   ZOO_ASSIGN_OR_RETURN(NodeId root, unpickler.Read());
//   unpickler.consumed();  // bytes up to and with STOP; what follows is not looked at
//
// Nothing recurses, and nothing is allocated on a number from the file before it was compared with
// the bytes that are left. Used once, by one thread.
#ifndef ZOO_CHECKPOINT_PICKLE_H_
#define ZOO_CHECKPOINT_PICKLE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/arena.h"
#include "zoo/checkpoint/cursor.h"

namespace zoo {

// What a persistent id stands for: the container knows.
using PersistentLoad = std::function<Result<NodeId>(Arena& arena, NodeId id)>;

struct PickleSource {
  ByteView bytes;       // must outlive the arena
  uint64_t offset = 0;  // of the first byte, for messages
  std::string where;    // the start of every message: file and record
  PersistentLoad persistent;
  // What torch.storage._load_from_bytes of these bytes stands for; kNoNode, as without it: an
  // object.
  PersistentLoad nested;
};

class Unpickler {
 public:
  Unpickler(Arena& arena, PickleSource source);

  // kCorrupt, with the byte offset, the opcode's name and the keys of the dicts that were being
  // filled, for anything a pickle may not be;
  // kUnsupported for the extension registry, out-of-band buffers and protocols above 5.
  Result<NodeId> Read();

  uint64_t consumed() const { return in_.offset() - source_.offset; }
  // Read() failed because the bytes ended: with more of the file it might not.
  bool ran_out() const { return ran_out_; }

  // "TUPLE2", or nothing if no opcode has this byte.
  static std::string_view OpcodeName(uint8_t code);

 private:
  struct Opcode {
    std::string_view name;
    void (Unpickler::*run)(int argument) = nullptr;
    int argument = 0;
  };
  struct OpcodeRow;
  static const OpcodeRow kOpcodes[];
  static const std::array<Opcode, 256> kTable;  // by their bytes

  void Fail(std::string what, ErrorCode code = ErrorCode::kCorrupt, std::string hint = "");
  Error Located(uint64_t at, std::string_view opcode) const;

  // The part of the stack above the last mark.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  // In the header because nearly every opcode calls them.
  void Push(NodeId id) {
    if (stack_.size() >= arena_.limits().nodes) return FailFull();
    stack_.push_back(id);
  }
  NodeId Top() {
    if (stack_.size() > floor()) return stack_.back();
    Fail("the stack is empty");
    return Arena::kNone;
  }
  NodeId Pop() {
    NodeId id = Top();
    if (!failed_) stack_.pop_back();
    return id;
  }
  void FailFull();
  size_t PopMark();  // the height of the stack at the mark, which is gone then
  void PushResult(Result<NodeId> made);

  // One for each kind of opcode.
  void Proto(int);
  void Frame(int);
  void Stop(int);
  void Mark(int);
  void PopOp(int);
  void PopMarkOp(int);
  void Dup(int);
  void Constant(int node);
  void SmallInt(int bytes);
  void Long(int size_bytes);
  void LongText(int);
  void IntText(int);
  void FloatBinary(int);
  void FloatText(int);
  void Unicode(int size_bytes);
  void UnicodeText(int);
  void Python2String(int size_bytes);
  void StringText(int);
  void Bytes(int size_bytes);
  void ByteArray(int);
  void Empty(int kind);
  void FixedTuple(int count);
  void MarkedTuple(int);
  void MarkedList(int);
  void MarkedDict(int);
  void MarkedFrozenSet(int);
  void Append(int);
  void Appends(int);
  void SetItem(int);
  void SetItems(int);
  void AddItems(int);
  void Put(int size_bytes);
  void PutText(int);
  void Memoize(int);
  void Get(int size_bytes);
  void GetText(int);
  void Global(int);
  void StackGlobal(int);
  void Reduce(int);
  void NewObjectEx(int);
  void Instance(int);
  void ObjectOp(int);
  void Build(int);
  void Persistent(int);
  void PersistentText(int);
  void NotRead(int);

  uint64_t Number(int bytes);
  std::string_view Counted(int size_bytes);
  void PushPython2(std::string_view bytes);
  void PushDigits(std::string_view line);
  void AddTo(NodeId target, size_t from, std::string_view what);
  void SetOn(NodeId target, size_t from);
  bool Hashable(NodeId key);
  void Remember(uint64_t id);
  void Recall(uint64_t id);
  NodeId Named(std::string_view module, std::string_view name);
  void Call(NodeId callable, NodeId arguments, NodeId keywords);
  std::string KeyPath() const;
  Result<NodeId> CallNested(NodeId callable, NodeId arguments);

  Arena& arena_;
  PickleSource source_;
  Cursor in_;
  std::vector<NodeId> stack_;
  std::vector<size_t> marks_;
  std::vector<NodeId> memo_;                           // dense ids
  std::unordered_map<uint64_t, NodeId> distant_memo_;  // ids far above the number of entries
  uint64_t memo_count_ = 0;                            // ids that were set
  int protocol_ = 0;
  bool stopped_ = false, failed_ = false, ran_out_ = false;
  Error error_;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PICKLE_H_
