// What a training checkpoint says of the epoch that it was saved after: which one, and how well the
// model did. Scripts have no common way to put it; docs/runs.md lists the places that are looked
// at. Pure; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(auto checkpoint, Checkpoint::Open(file));
//   CheckpointFacts facts = FactsOf(*checkpoint, file.filename().native());
#ifndef ZOO_RUNS_CHECKPOINT_FACTS_H_
#define ZOO_RUNS_CHECKPOINT_FACTS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/runs/metrics.h"

namespace zoo {

struct CheckpointFacts {
  std::optional<int64_t> epoch;  // from 0 on
  Metrics metrics;               // finite or not
};

// The epoch from inside, else from the file's name ("epoch=3-step=90.ckpt"), and the numbers that
// stand beside it or in a dict of metrics.
CheckpointFacts FactsOf(const Checkpoint& checkpoint, std::string_view file_name);

}  // namespace zoo

#endif  // ZOO_RUNS_CHECKPOINT_FACTS_H_
