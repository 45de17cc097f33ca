// `zoo verify FILE`: everything that can be checked of a checkpoint without knowing where it came
// from. Any thread.
#ifndef ZOO_CHECKPOINT_VERIFY_FILE_H_
#define ZOO_CHECKPOINT_VERIFY_FILE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/fingerprint.h"

namespace zoo {

struct VerifyFileOptions {
  std::string fingerprint;  // that the weights must have; "weights:sha256:HEX"; empty: any
  std::string key;          // of the state dict; empty: found
  OpenOptions open;
};

struct VerifiedFile {
  Format format = Format::kZip;
  uint64_t size = 0;  // with its shards
  size_t tensors = 0;
  std::optional<Fingerprint> fingerprint;  // where one was asked for
};

// Structure, ranges and CRCs: the errors of Checkpoint::Open and Verify. Another fingerprint than
// the one asked for is kMismatch with both, one that is not of that form kUsage.
Result<VerifiedFile> VerifyFile(const std::filesystem::path& file,
                                const VerifyFileOptions& options = {});

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_VERIFY_FILE_H_
