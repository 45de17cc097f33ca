// The weights of a checkpoint file on their way into a registry: what they are, and the file that
// is published of them: the checkpoint itself if it holds nothing else, or the weights alone. Any
// thread.
//
//   ZOO_ASSIGN_OR_RETURN(SourceWeights source, ReadWeights("saved/best.pt"));
//   ZOO_ASSIGN_OR_RETURN(StagedFile staged, StageFile(source, folder.Incoming()));
//   Describe(source, staged, entry);                       // artifact and fingerprint
#ifndef ZOO_SHARE_PUBLISH_H_
#define ZOO_SHARE_PUBLISH_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/convert.h"
#include "zoo/checkpoint/fingerprint.h"
#include "zoo/registry/entry.h"

namespace zoo {

struct SourceWeights {
  std::filesystem::path file;
  std::shared_ptr<const Checkpoint> checkpoint;
  StateDict weights;
  std::string key;                         // as asked for
  bool only_weights = false;               // the file holds nothing beside them
  std::optional<Fingerprint> fingerprint;  // of weights that can have one
};

struct ReadWeightsOptions {
  std::string key;         // of the state dict; empty: found
  bool allow_nan = false;  // weights that are NaN or infinite are no error
  Limits limits;
  CancelToken cancel;
};

// Opens and checks the file. kCorrupt for weights that are not finite; kUnsupported for a set of
// several files; else the errors of Checkpoint::Open, Verify, FindStateDict and Values.
Result<SourceWeights> ReadWeights(const std::filesystem::path& file,
                                  const ReadWeightsOptions& options = {});

enum class Contents {
  kWeights,  // without what stands beside them
  kWhole,    // the file as it is
};

struct StageOptions {
  Contents contents = Contents::kWeights;
  CancelToken cancel;
};

// A file with what is to be published.
struct StagedFile {
  uint64_t size = 0;
  Digest sha256;
  std::optional<Pieces> pieces;     // none of an empty file
  std::string suffix;               // of its name: ".pth"
  std::vector<ValueNote> left_out;  // what of the checkpoint it does not hold
};

// Writes it at `to`: the checkpoint's own bytes, or a new file of its weights. Never a hard link:
// many programs write the next checkpoint into the same file, and what is published must not change
// with it. kMismatch if the checkpoint changed since it was read; else the errors of PlaceFile,
// ConvertCheckpoint and reading.
Result<StagedFile> StageFile(const SourceWeights& source, const std::filesystem::path& to,
                             const StageOptions& options = {});

// Fills the entry's artifact, whose one source is files/NAME, and its fingerprint. Its names must
// be there.
void Describe(const SourceWeights& source, const StagedFile& staged, Entry& entry);

}  // namespace zoo

#endif  // ZOO_SHARE_PUBLISH_H_
