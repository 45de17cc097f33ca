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

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/document.h"

namespace zoo {

enum class WriteFormat {
  kZip,          // PyTorch since 1.6
  kLegacy,       // before
  kSafetensors,  // the root must be a dict of tensors under string keys
};

struct WriteOptions {
  WriteFormat format = WriteFormat::kZip;
  bool crc = true;          // kZip: CRC-32 of the records; 0, "not computed", without
  uint32_t alignment = 64;  // kZip: of each storage in the file, a power of two up to 4096
  bool sha256 = false;      // of the file, computed on the way
  bool sync = true;         // to the disk, before the file takes its name
  std::map<std::string, std::string> metadata;  // kSafetensors: the header's __metadata__
  CancelToken cancel;
};

struct Written {
  uint64_t size = 0;
  std::optional<Digest> sha256;
};

// kUnsupported for what the format or weights_only=True cannot hold (the message names the value's
// place), kDisk for what the disk says, kCancelled; and what a storage's `read` returned.
Result<Written> WriteCheckpoint(const Document& document, const std::filesystem::path& path,
                                const WriteOptions& options = {});

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_WRITER_H_
