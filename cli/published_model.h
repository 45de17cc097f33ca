// What running weights tells of them before they are published: whether they fit their
// architecture, how many parameters that has, and what it computes of known inputs. zoo-run only;
// one thread.
#ifndef ZOO_CLI_PUBLISHED_MODEL_H_
#define ZOO_CLI_PUBLISHED_MODEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/cli/context.h"
#include "zoo/cli/model_choice.h"
#include "zoo/share/publish.h"
#include "zoo/share/registry_folder.h"

namespace zoo::cli {

struct ModelRequest {
  ModelChoice choice;            // --arch and its options
  std::optional<Preset> preset;  // how photos are prepared
  std::vector<std::string> photos;
};

struct PublishedModel {
  uint64_t parameters = 0;
  uint64_t classes = 0;  // logits of one photo
  // Of a generated input and of each photo: one probe, or an array of them.
  Json probe;
  std::vector<PublishedPhoto> photos;
};

// Nothing, with a remark, for an architecture that is not one of models::Names(): nobody but its
// publisher can check that. kMismatch if the weights do not fit; kNotFound for photos without a
// preset; kUsage for photos of an unknown architecture; else what reading and running them gives.
Result<std::optional<PublishedModel>> CheckModel(Context& context, const SourceWeights& source,
                                                 const ModelRequest& request);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PUBLISHED_MODEL_H_
