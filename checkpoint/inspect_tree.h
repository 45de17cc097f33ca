// What `zoo inspect --tree` shows: the tree of keys, tensors, values, objects and modules, a line
// for each, escaped. What is shared is shown where it stands first and named where it stands again,
// so that the lines are never more than the file's own values. Any thread.
#ifndef ZOO_CHECKPOINT_INSPECT_TREE_H_
#define ZOO_CHECKPOINT_INSPECT_TREE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

struct TreeOptions {
  std::string key;          // of the state dict, which is marked; empty: found
  size_t most_items = 16;   // shown of a list or of what goes by numbers
  size_t most_names = 500;  // shown of what goes by names
};

// The first line is the file itself.
std::vector<std::string> InspectAsTree(const Checkpoint& checkpoint, const TreeOptions& options);

// Whether modules were saved whole in it, which a tree shows better than a table.
bool HoldsModules(const Checkpoint& checkpoint);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_INSPECT_TREE_H_
