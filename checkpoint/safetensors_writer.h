// Writes a document as a safetensors file. Any thread.
#ifndef ZOO_CHECKPOINT_SAFETENSORS_WRITER_H_
#define ZOO_CHECKPOINT_SAFETENSORS_WRITER_H_

#include <filesystem>

#include "zoo/base/result.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/write_options.h"

namespace zoo {

// As WriteCheckpoint, its format being kSafetensors.
Result<Written> WriteSafetensors(const Document& document, const std::filesystem::path& path,
                                 const WriteOptions& options);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_SAFETENSORS_WRITER_H_
