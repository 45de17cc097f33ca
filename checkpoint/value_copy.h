// ValueCopy: a checkpoint's values made anew in a document, without recursion: what is shared stays
// shared, and containers may contain themselves. One thread.
#ifndef ZOO_CHECKPOINT_VALUE_COPY_H_
#define ZOO_CHECKPOINT_VALUE_COPY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/storage_plan.h"

namespace zoo {

// "an int", "an object of argparse.Namespace": as messages call what a value is.
std::string ValueWords(const Value& value);

// A place in the source and what became of it.
struct ValueNote {
  Path path;
  std::string what;
};

class ValueCopy {
 public:
  ValueCopy(const Checkpoint& source, StoragePlan& plan, Document& document)
      : source_(source), plan_(plan), document_(document) {}

  // This dict or module holds the weights: its names and its _metadata go without these prefixes
  // (REQUIRES: no two names become one).
  void StripNames(const Value& weights, std::span<const std::string> prefixes);
  // Of that dict only the tensors are copied; what else it has is noted in refused().
  void OnlyTensors() { only_tensors_ = true; }

  // kNoId if the value itself cannot be written. Those inside it that cannot are left out, in lists
  // and tuples replaced by None; all are noted in refused().
  Result<Document::Id> Copy(const Value& value, const Path& at);
  const std::vector<ValueNote>& refused() const { return refused_; }
  const std::vector<ValueNote>& changed() const { return changed_; }
  size_t tensors() const { return tensors_.size(); }

 private:
  // A container whose members are being copied.
  struct Frame {
    Value value;
    Document::Id id = Document::kNoId;     // of a list or dict, once it is made
    size_t next = 0;                       // of its members: a dict's keys and values alternate
    std::vector<Document::Id> items = {};  // of a tuple or set
    std::optional<Value> attributes = {};  // of an OrderedDict, to be copied first
    bool in_attributes = false;
    Document::Id key = Document::kNoId;
  };

  Result<std::optional<Document::Id>> Enter(const Value& value);
  std::optional<Document::Id> Leaf(const Value& value);
  Document::Id Tensor(const Value& value);
  // requires_grad and parameter.
  enum class Flags { kCleared, kKept };
  Document::Id TensorAt(uint32_t index, Flags flags);
  bool Knows(uint32_t tensor) const;
  Document::Id Module(const Value& value);
  bool IsMetadata() const;
  void SkipOthers(Frame& frame);
  Document::Id Name(std::string_view name);
  std::optional<Value> NextMember(Frame& frame);
  void Take(Frame& frame, Document::Id member);
  Document::Id Close(Frame& frame);
  void MakeDict(Frame& frame, Document::Id attributes);
  Document::Id Refuse(const Value& value);
  Path Here() const;
  bool HoldsWeights(const Value& value) const { return weights_ && value.id() == *weights_; }

  const Checkpoint& source_;
  StoragePlan& plan_;
  Document& document_;
  std::optional<uint64_t> weights_;  // id of the dict or module that holds them
  std::span<const std::string> prefixes_;
  bool only_tensors_ = false;
  Path base_;
  std::vector<Frame> open_;
  std::unordered_map<uint64_t, Document::Id> made_;  // by value; kNoId: not yet
  std::unordered_map<uint64_t, Document::Id> tensors_;
  std::vector<ValueNote> refused_, changed_;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_VALUE_COPY_H_
