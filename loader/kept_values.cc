#include "zoo/loader/kept_values.h"

#include <fmt/format.h>

#include <cstdint>
#include <unordered_set>

#include "zoo/base/text.h"
#include "zoo/checkpoint/storage_plan.h"
#include "zoo/checkpoint/value_copy.h"
#include "zoo/checkpoint/value_json.h"

namespace zoo {
namespace {

using Kind = Value::Kind;

void NeedTensor(const Checkpoint& checkpoint, uint32_t index, StoragePlan& plan) {
  if (index >= checkpoint.tensors().size()) return;
  const TensorInfo& tensor = checkpoint.tensors()[index];
  if (tensor.layout == Layout::kStrided) plan.Need(tensor);
  for (const uint32_t part : tensor.parts) plan.Need(checkpoint.tensors()[part]);
}

// Every tensor and storage that can be reached from the value.
void NeedWithin(const Value& value, const Checkpoint& checkpoint, StoragePlan& plan) {
  std::unordered_set<uint64_t> seen;
  std::vector<Value> todo{value};
  while (!todo.empty()) {
    const Value next = todo.back();
    todo.pop_back();
    if (!seen.insert(next.id()).second) continue;
    if (next.kind() == Kind::kTensor) NeedTensor(checkpoint, next.tensor(), plan);
    if (next.kind() == Kind::kStorage) plan.NeedWhole(next.storage());
    for (const Value::Member& member : next.members()) todo.push_back(member.value);
  }
}

// One value made anew.
Result<Document::Id> Copy(ValueCopy& copy, const Value& value, const Path& at,
                          const std::string& file) {
  ZOO_ASSIGN_OR_RETURN(const Document::Id id, copy.Copy(value, at));
  if (copy.refused().empty()) return id;
  const ValueNote& note = copy.refused().front();
  return Error{ErrorCode::kUnsupported,
               fmt::format("{}: {} was kept, and {} cannot be written", file, FormatPath(note.path),
                           Escape(note.what)),
               "take it out of the kept values"};
}

}  // namespace

Result<std::vector<std::pair<Document::Id, Document::Id>>> CopyKept(const KeptValues& kept,
                                                                    const Path& at,
                                                                    Snapshot& snapshot) {
  std::vector<std::pair<Document::Id, Document::Id>> entries;
  if (kept.checkpoint == nullptr) return entries;
  const Checkpoint& checkpoint = *kept.checkpoint;
  StoragePlan plan(kept.checkpoint, snapshot.document());
  for (const KeptValue& it : kept.values) {
    if (it.at == at) NeedWithin(it.value, checkpoint, plan);
  }
  ValueCopy copy(checkpoint, plan, snapshot.document());
  for (const KeptValue& it : kept.values) {
    if (it.at != at) continue;
    Path path = at;
    path.push_back(KeyStep(it.key));
    ZOO_ASSIGN_OR_RETURN(const Document::Id key, Copy(copy, it.key, path, checkpoint.name()));
    ZOO_ASSIGN_OR_RETURN(const Document::Id value, Copy(copy, it.value, path, checkpoint.name()));
    entries.emplace_back(key, value);
  }
  if (!entries.empty()) snapshot.Hold(kept.checkpoint);
  return entries;
}

}  // namespace zoo
