// Where other people's training checkpoints keep what: one row of names for each part. A part of
// training_checkpoint.cc. Pure; any thread.
#ifndef ZOO_LOADER_TRAINING_LAYOUT_H_
#define ZOO_LOADER_TRAINING_LAYOUT_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

enum class Part { kModel, kOptimizer, kScheduler };

// The name under which this program writes it.
std::string_view PartKey(Part part);

// A part where a file has it.
struct FoundPart {
  std::string key;  // of the file's dict
  Value value;      // the state itself, out of the list that Lightning puts it in
};

// Nothing if the file has none. kUnsupported if it has several of them, in a list.
Result<std::optional<FoundPart>> FindPart(const Checkpoint& checkpoint, Part part);

}  // namespace zoo

#endif  // ZOO_LOADER_TRAINING_LAYOUT_H_
