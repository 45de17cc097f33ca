// What `zoo inspect` shows to people: rows of text, escaped, for a table that somebody else lays
// out. Any thread.
#ifndef ZOO_CHECKPOINT_INSPECT_TABLE_H_
#define ZOO_CHECKPOINT_INSPECT_TABLE_H_

#include <string>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

struct InspectText {
  std::string heading;  // "x.pth: 18.0 MiB, legacy, 296 tensors, 4.7 million elements, ..."
  // Name, dtype, shape, size, and what else there is to say; the first row names the columns.
  std::vector<std::vector<std::string>> tensors;
  std::vector<std::string> others;  // "epoch = 3", "args: an object of argparse.Namespace"
  std::string state_dict;           // where it is, or why it is not clear
};

struct TextOptions {
  std::string key;          // of the state dict; empty: found
  size_t max_others = 200;  // lines of others, with one more that counts the rest
};
InspectText InspectAsText(const Checkpoint& checkpoint, const TextOptions& options = {});

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_INSPECT_TABLE_H_
