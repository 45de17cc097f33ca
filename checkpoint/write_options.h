// What writing a checkpoint may be told, and what it tells. Part of writer.h, which is what callers
// include. Values; any thread.
#ifndef ZOO_CHECKPOINT_WRITE_OPTIONS_H_
#define ZOO_CHECKPOINT_WRITE_OPTIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"

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

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_WRITE_OPTIONS_H_
