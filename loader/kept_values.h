// KeptValues: what a file holds beside what LibTorch has a place for, so that the next save can
// write it again: a Python script's own entries, options of other versions. They stay in the file
// they came from, which is kept open.
//
//   ZOO_ASSIGN_OR_RETURN(KeptValues kept, LoadOptimizer(optimizer, "adam.pt"));
//   SaveOptimizer(optimizer, "adam.pt", {.kept = &kept});
//
// Values; any thread.
#ifndef ZOO_LOADER_KEPT_VALUES_H_
#define ZOO_LOADER_KEPT_VALUES_H_

#include <memory>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/snapshot.h"

namespace zoo {

struct KeptValue {
  Path at;  // of the dict it stands in: {"param_groups", 0}
  Value key, value;
};

struct KeptValues {
  std::shared_ptr<const Checkpoint> checkpoint;  // that they are of
  std::vector<KeptValue> values;
};

// Makes those that stand in the dict `at` anew in the snapshot: keys and values. Their tensors are
// read from the file when the snapshot is written. kUnsupported, naming the place, for what cannot
// be written (an object that only Python could build).
Result<std::vector<std::pair<Document::Id, Document::Id>>> CopyKept(const KeptValues& kept,
                                                                    const Path& at,
                                                                    Snapshot& snapshot);

}  // namespace zoo

#endif  // ZOO_LOADER_KEPT_VALUES_H_
