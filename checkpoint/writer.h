// Writes checkpoints that Python reads with torch.load(weights_only=True), torch 1.13 to today's,
// mmap=True included, and safetensors. The same document gives the same bytes. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(Written written,
//                        WriteCheckpoint(document, "model.pt", {.sha256 = true}));
//   written.sha256->ToString();
//
// All or nothing: the bytes go to a temporary file beside `path`, are synced, and take the name at
// last; an error, a kill or a full disk leaves what was there. A failed write removes its temporary
// file.
#ifndef ZOO_CHECKPOINT_WRITER_H_
#define ZOO_CHECKPOINT_WRITER_H_

#include <filesystem>

#include "zoo/base/result.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/write_options.h"  // IWYU pragma: export

namespace zoo {

// kUnsupported for what the format or weights_only=True cannot hold (the message names the value's
// place), kDisk for what the disk says, kCancelled; and what a storage's `read` returned.
Result<Written> WriteCheckpoint(const Document& document, const std::filesystem::path& path,
                                const WriteOptions& options = {});

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_WRITER_H_
