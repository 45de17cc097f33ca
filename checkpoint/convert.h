// `zoo convert IN OUT`: a checkpoint written anew in a format of choice. Nothing is dropped in
// silence: what the new file does not hold is an error, or was asked for and is told. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(Converted done, ConvertCheckpoint(*checkpoint, "new.safetensors"));
//
// Dicts, lists, tuples and plain values stay as they are, in their order; tensors keep dtype,
// shape, strides, flags and what they share; a storage keeps the bytes from the first to the last
// that a tensor reaches. A module that was saved whole becomes what its state_dict() gives. Devices
// become cpu. Storages are streamed: memory is proportional to the index.
#ifndef ZOO_CHECKPOINT_CONVERT_H_
#define ZOO_CHECKPOINT_CONVERT_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/value_copy.h"
#include "zoo/checkpoint/writer.h"

namespace zoo {

struct ConvertOptions {
  std::optional<WriteFormat> format;  // else kSafetensors if OUT ends in .safetensors, else kZip
  bool only_weights = false;          // the state dict's tensors alone, as the file's root
  bool drop_objects = false;  // leave out what a Python program would have to build; None in lists
  std::string key;            // of the state dict; empty: found
  std::vector<std::string> strip_prefixes;  // of the state dict's names, and of its _metadata
  // For the state dict's float64, float32, float16 and bfloat16 tensors.
  std::optional<DType> dtype;
  bool sha256 = false;  // of the new file
  CancelToken cancel;
};

struct Converted {
  WriteFormat format = WriteFormat::kZip;
  Written written;
  size_t tensors = 0;  // in the new file, each once
  std::vector<ValueNote> left_out, changed;
  uint64_t overflowed = 0;  // finite numbers that the new dtype made infinite
  uint64_t trimmed = 0;     // bytes of storages that no tensor reaches, not written
};

// CRCs are checked before anything is written. kUnsupported, naming the first places, for what the
// new file cannot hold; kUsage for prefixes that no name has or that make two names one; else the
// errors of FindStateDict, Verify and WriteCheckpoint.
Result<Converted> ConvertCheckpoint(const std::shared_ptr<const Checkpoint>& source,
                                    const std::filesystem::path& out,
                                    const ConvertOptions& options = {});

std::string_view WriteFormatName(WriteFormat format);  // "zip", "legacy", "safetensors"
std::optional<WriteFormat> WriteFormatFromName(std::string_view name);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_CONVERT_H_
