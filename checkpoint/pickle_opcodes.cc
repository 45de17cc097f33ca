// What each opcode does to the stack, in the order of pickle.h.
#include <fmt/format.h>

#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/globals.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/pickle.h"
#include "zoo/checkpoint/pickle_text.h"
#include "zoo/checkpoint/python2_names.h"

namespace zoo {
namespace {

constexpr int kHighestProtocol = 5;
// A memo id this far above the number of entries goes to the hash map.
constexpr uint64_t kMemoSlack = 4096;
constexpr size_t kMostGlobalName = 1000;

}  // namespace

void Unpickler::Proto(int) {
  int protocol = in_.U8();
  if (protocol > kHighestProtocol) {
    Fail(fmt::format("pickle protocol {}, the highest known is {}", protocol, kHighestProtocol),
         ErrorCode::kUnsupported);
  }
  protocol_ = protocol;
}

// The frame's bytes are read as if it were not there; only a lie about its length matters.
void Unpickler::Frame(int) {
  uint64_t size = in_.U64();
  if (in_.ok() && size > in_.remaining()) in_.Skip(size);
}

void Unpickler::Stop(int) {
  Top();
  stopped_ = true;
}

void Unpickler::Mark(int) {
  if (marks_.size() >= arena_.limits().depth) {
    Fail(fmt::format("more than {} open MARKs", arena_.limits().depth), ErrorCode::kCorrupt,
         RaiseLimit("depth"));
    return;
  }
  marks_.push_back(stack_.size());
}

void Unpickler::PopOp(int) {
  if (!marks_.empty() && marks_.back() == stack_.size()) {
    marks_.pop_back();
  } else {
    Pop();
  }
}

void Unpickler::PopMarkOp(int) { stack_.resize(PopMark()); }
void Unpickler::Dup(int) { Push(Top()); }
void Unpickler::Constant(int node) { Push(static_cast<NodeId>(node)); }

void Unpickler::Empty(int kind) { Push(arena_.AddContainer(static_cast<NodeKind>(kind))); }

void Unpickler::FixedTuple(int count) {
  size_t size = static_cast<size_t>(count);
  if (stack_.size() - floor() < size) {
    return Fail(
        fmt::format("{} values are needed, the stack has {}", count, stack_.size() - floor()));
  }
  NodeId tuple = arena_.AddTuple(NodeKind::kTuple, std::span(stack_).last(size));
  stack_.resize(stack_.size() - size);
  Push(tuple);
}

void Unpickler::MarkedTuple(int) {
  size_t from = PopMark();
  NodeId tuple = from == stack_.size()
                     ? Arena::kEmptyTuple
                     : arena_.AddTuple(NodeKind::kTuple, std::span(stack_).subspan(from));
  stack_.resize(from);
  Push(tuple);
}

void Unpickler::MarkedList(int) {
  size_t from = PopMark();
  NodeId list = arena_.AddContainer(NodeKind::kList);
  AddTo(list, from, "");
  Push(list);
}

void Unpickler::MarkedDict(int) {
  size_t from = PopMark();
  NodeId dict = arena_.AddContainer(NodeKind::kDict);
  SetOn(dict, from);
  Push(dict);
}

void Unpickler::MarkedFrozenSet(int) {
  size_t from = PopMark();
  NodeId set = arena_.AddContainer(NodeKind::kFrozenSet);
  AddTo(set, from, "");
  Push(set);
}

// Moves the stack from `from` on into a list, set or object.
void Unpickler::AddTo(NodeId target, size_t from, std::string_view what) {
  if (failed_) return;
  NodeKind kind = arena_.kind(target);
  bool set = kind == NodeKind::kSet || kind == NodeKind::kFrozenSet;
  if (kind != NodeKind::kList && !set && kind != NodeKind::kObject) {
    return Fail(fmt::format("{} {}, which has no items", what, NodeKindName(kind)));
  }
  for (size_t i = from; set && i < stack_.size(); ++i) {
    if (!Hashable(stack_[i])) return;
  }
  std::vector<NodeId>& items =
      kind == NodeKind::kObject ? arena_.object(target).items : arena_.Items(target);
  items.insert(items.end(), stack_.begin() + static_cast<ptrdiff_t>(from), stack_.end());
  arena_.CountItems(stack_.size() - from);
  stack_.resize(from);
}

bool Unpickler::Hashable(NodeId key) {
  NodeKind kind = arena_.kind(key);
  bool mutable_kind = kind == NodeKind::kList || kind == NodeKind::kDict ||
                      kind == NodeKind::kSet || kind == NodeKind::kByteArray ||
                      kind == NodeKind::kNdarray;
  if (mutable_kind) Fail(fmt::format("{} cannot be a key", NodeKindName(kind)));
  return !mutable_kind;
}

void Unpickler::SetOn(NodeId target, size_t from) {
  if (failed_) return;
  NodeKind kind = arena_.kind(target);
  if (kind != NodeKind::kDict && kind != NodeKind::kObject) {
    return Fail(fmt::format("sets an entry of {}, which has none", NodeKindName(kind)));
  }
  if ((stack_.size() - from) % 2 != 0) return Fail("a key without a value");
  for (size_t i = from; i < stack_.size(); i += 2) {
    if (!Hashable(stack_[i])) return;
  }
  std::vector<NodeId>& entries =
      kind == NodeKind::kObject ? arena_.object(target).entries : arena_.Items(target);
  entries.insert(entries.end(), stack_.begin() + static_cast<ptrdiff_t>(from), stack_.end());
  arena_.CountItems(stack_.size() - from);
  stack_.resize(from);
}

void Unpickler::Append(int) {
  if (stack_.size() - floor() < 2) return Fail("the stack has no list and item");
  AddTo(stack_[stack_.size() - 2], stack_.size() - 1, "appends to");
}

void Unpickler::Appends(int) {
  size_t from = PopMark();
  NodeId target = from > floor() ? stack_[from - 1] : (Fail("no list below the MARK"), 0);
  AddTo(target, from, "appends to");
}

void Unpickler::AddItems(int) {
  size_t from = PopMark();
  NodeId target = from > floor() ? stack_[from - 1] : (Fail("no set below the MARK"), 0);
  AddTo(target, from, "adds to");
}

void Unpickler::SetItem(int) {
  if (stack_.size() - floor() < 3) return Fail("the stack has no dict, key and value");
  SetOn(stack_[stack_.size() - 3], stack_.size() - 2);
}

void Unpickler::SetItems(int) {
  size_t from = PopMark();
  NodeId target = from > floor() ? stack_[from - 1] : (Fail("no dict below the MARK"), 0);
  SetOn(target, from);
}

void Unpickler::Remember(uint64_t id) {
  NodeId top = Top();
  if (failed_) return;
  if (id == memo_.size() && id == memo_count_) {  // as all writers count
    memo_.push_back(top);
    ++memo_count_;
    return;
  }
  if (id >= memo_.size() && id <= memo_count_ + kMemoSlack) memo_.resize(id + 1, kNoNode);
  if (id < memo_.size()) {
    memo_count_ += memo_[id] == kNoNode;
    memo_[id] = top;
  } else {
    memo_count_ += distant_memo_.insert_or_assign(id, top).second;
    arena_.CountItems(8);
  }
}

void Unpickler::Recall(uint64_t id) {
  if (id < memo_.size() && memo_[id] != kNoNode) return Push(memo_[id]);
  auto found = distant_memo_.find(id);
  if (found == distant_memo_.end()) return Fail(fmt::format("the memo has no entry {}", id));
  Push(found->second);
}

void Unpickler::Put(int size_bytes) {
  uint64_t id = Number(size_bytes);
  if (in_.ok()) Remember(id);
}

void Unpickler::PutText(int) {
  std::string_view line = in_.Line();
  auto digits = ParseDigits(line.substr(0, 32));
  auto id = digits ? ToInt64(*digits) : std::nullopt;
  if (!id || *id < 0) return Fail(Quote(line, 40) + " is not a memo id");
  Remember(static_cast<uint64_t>(*id));
}

// Python numbers by the size of the memo: an id that was set twice counts once.
void Unpickler::Memoize(int) { Remember(memo_count_); }

void Unpickler::Get(int size_bytes) {
  uint64_t id = Number(size_bytes);
  if (in_.ok()) Recall(id);
}

void Unpickler::GetText(int) {
  std::string_view line = in_.Line();
  auto digits = ParseDigits(line.substr(0, 32));
  auto id = digits ? ToInt64(*digits) : std::nullopt;
  if (!id || *id < 0) return Fail(Quote(line, 40) + " is not a memo id");
  Recall(static_cast<uint64_t>(*id));
}

// Protocols up to 2 are written with Python 2's names.
NodeId Unpickler::Named(std::string_view module, std::string_view name) {
  GlobalName global{module, name};
  if (protocol_ < 3) global = Python3Name(global);
  return NameGlobal(arena_, global.module, global.name);
}

void Unpickler::Global(int) {
  std::string_view module = in_.Line(), name = in_.Line();
  if (in_.ok()) Push(Named(module, name));
}

void Unpickler::StackGlobal(int) {
  NodeId name = Pop(), module = Pop();
  if (failed_) return;
  if (arena_.kind(name) != NodeKind::kString || arena_.kind(module) != NodeKind::kString) {
    return Fail(fmt::format("a global is named by {} and {}, not by two strings",
                            NodeKindName(arena_.kind(module)), NodeKindName(arena_.kind(name))));
  }
  // Unlike the lines of GLOBAL, one long text may stand in many names.
  const size_t bytes = arena_.text(module).size() + arena_.text(name).size();
  if (bytes > kMostGlobalName) {
    return Fail(
        fmt::format("a global's name has {} bytes, the limit is {}", bytes, kMostGlobalName));
  }
  Push(Named(arena_.text(module), arena_.text(name)));
}

void Unpickler::Call(NodeId callable, NodeId arguments, NodeId keywords) {
  if (failed_) return;
  if (!arena_.IsTuple(arguments)) {
    return Fail(
        fmt::format("the arguments are {}, not a tuple", NodeKindName(arena_.kind(arguments))));
  }
  NodeKind kind = arena_.kind(callable);
  if (kind != NodeKind::kClass && kind != NodeKind::kObject) {
    return Fail(fmt::format("calls {}", NodeKindName(kind)));
  }
  if (keywords == kNoNode) return PushResult(CallNested(callable, arguments));
  NodeId object = arena_.AddObject(callable, arguments);
  arena_.object(object).keywords = keywords;
  Push(object);
}

Result<NodeId> Unpickler::CallNested(NodeId callable, NodeId arguments) {
  if (source_.nested && arena_.Tuple(arguments).size() == 1 &&
      arena_.IsClass(callable, "torch.storage", "_load_from_bytes")) {
    ZOO_ASSIGN_OR_RETURN(NodeId made, source_.nested(arena_, arena_.Tuple(arguments)[0]));
    if (made != kNoNode) return made;
  }
  return CallGlobal(arena_, callable, arguments);
}

void Unpickler::Reduce(int) {
  NodeId arguments = Pop(), callable = Pop();
  Call(callable, arguments, kNoNode);
}

void Unpickler::NewObjectEx(int) {
  NodeId keywords = Pop(), arguments = Pop(), callable = Pop();
  if (!failed_ && arena_.kind(keywords) != NodeKind::kDict) {
    return Fail(fmt::format("the keyword arguments are {}, not a dict",
                            NodeKindName(arena_.kind(keywords))));
  }
  bool none = !failed_ && arena_.Items(keywords).empty();
  Call(callable, arguments, none ? kNoNode : keywords);
}

void Unpickler::Instance(int) {
  std::string_view module = in_.Line(), name = in_.Line();
  if (!in_.ok()) return;
  MarkedTuple(0);
  NodeId arguments = Pop();
  if (!failed_) Call(Named(module, name), arguments, kNoNode);
}

void Unpickler::ObjectOp(int) {
  size_t from = PopMark();
  if (from >= stack_.size()) return Fail("no class above the MARK");
  NodeId callable = stack_[from];
  NodeId arguments = arena_.AddTuple(NodeKind::kTuple, std::span(stack_).subspan(from + 1));
  stack_.resize(from);
  Call(callable, arguments, kNoNode);
}

void Unpickler::Build(int) {
  NodeId state = Pop(), target = Top();
  if (failed_) return;
  if (Status set = SetState(arena_, target, state); !set) Fail(set.error().message);
}

void Unpickler::Persistent(int) {
  NodeId id = Pop();
  if (failed_) return;
  if (!source_.persistent) return Fail("a persistent id, which this file cannot have");
  PushResult(source_.persistent(arena_, id));
}

void Unpickler::PersistentText(int) {
  std::string_view line = in_.Line();
  if (!in_.ok()) return;
  Push(arena_.AddText(NodeKind::kString, line));
  Persistent(0);
}

void Unpickler::NotRead(int) {
  Fail("the extension registry and buffers outside the pickle are not read",
       ErrorCode::kUnsupported);
}

}  // namespace zoo
