// The document that `zoo inspect --json` prints: schema zoo/inspect/1. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(Json document, InspectJson(*checkpoint, {.hash = true}));
#ifndef ZOO_CHECKPOINT_INSPECT_JSON_H_
#define ZOO_CHECKPOINT_INSPECT_JSON_H_

#include <optional>
#include <string>

#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

struct InspectOptions {
  bool hash = false;                  // of each tensor's and storage's values
  std::optional<Digest> file_sha256;  // shown if it is known
  std::string key;                    // of the state dict; empty: found
};

// Tensors, values, containers, objects and modules in the file's order. With `hash` reads
// everything; errors are those of Checkpoint::Values. A tensor whose values exceed the limit
// "materialise" has a null in place of its hash.
Result<Json> InspectJson(const Checkpoint& checkpoint, const InspectOptions& options);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_INSPECT_JSON_H_
