// Walk: every place in a file's values, depth first, in the file's order, without recursion.
// Containers may be shared and may contain themselves. Pure; any thread.
#ifndef ZOO_CHECKPOINT_WALK_H_
#define ZOO_CHECKPOINT_WALK_H_

#include <cstdint>
#include <functional>

#include "zoo/base/result.h"
#include "zoo/checkpoint/arena.h"
#include "zoo/checkpoint/members.h"  // IWYU pragma: export
#include "zoo/checkpoint/tensor_info.h"

namespace zoo {

struct WalkOptions {
  // Containers that were seen before are entered again where they are met again, until the paths of
  // the places visited there have that many steps; beyond it they are only visited. A container is
  // never entered inside itself.
  uint64_t repeated_steps = 0;
};

// `again`: a container whose members are not visited here, because they were before.
using WalkVisit = std::function<void(const Path& path, NodeId node, bool again)>;

// kCorrupt if containers are nested deeper than the limit, or if the names of modules inside
// modules exceed the limit "listing". If a walk without repeated steps passes, so does one with
// them.
Status Walk(const Arena& arena, NodeId root, const WalkOptions& options, const WalkVisit& visit);

PathStep StepOf(const Arena& arena, NodeId key);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_WALK_H_
