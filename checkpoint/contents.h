// Contents: an opened checkpoint as its parts see it: the file, the arena that its pickle was read
// into, and where each storage's bytes are. Filled while opening, immutable afterwards.
#ifndef ZOO_CHECKPOINT_CONTENTS_H_
#define ZOO_CHECKPOINT_CONTENTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/arena.h"
#include "zoo/checkpoint/mapped_file.h"
#include "zoo/checkpoint/tensor_info.h"
#include "zoo/checkpoint/zip_directory.h"

namespace zoo {

// The bytes of one storage in the file, beside the arena's row of the same index.
struct StoragePlace {
  uint64_t offset = 0;                // in the file; unused with `member`
  const ZipMember* member = nullptr;  // the record, in a zip file
  const std::byte* kept = nullptr;    // not in the file as they are: the arena holds them here
  bool found = false;
  // In a sharded set: which shard, and which of its storages.
  uint32_t shard = 0, storage = 0;
};

struct FileContents {
  FileContents(std::shared_ptr<const MappedFile> opened, const OpenOptions& asked)
      : file(std::move(opened)), options(asked), arena(asked.limits) {}

  std::shared_ptr<const MappedFile> file;
  OpenOptions options;
  Format format = Format::kZip;
  std::optional<ZipDirectory> zip;
  Arena arena;
  NodeId root = Arena::kNone;
  std::vector<StoragePlace> places;
  // Of a sharded set: its files, each with its storages and places alone.
  std::vector<std::unique_ptr<FileContents>> shards;
  std::vector<std::pair<std::string, std::string>> metadata;  // of safetensors
  bool big_endian = false;
  std::vector<uint8_t> swap_widths;  // of big-endian storages: bytes of a number

  // What Checkpoint shows, made from the arena once it is complete.
  std::vector<StorageInfo> storages;
  std::vector<TensorInfo> tensors;
  std::vector<uint32_t> tensor_index;  // of the arena's rows; kNoNode: out of reach
  std::vector<Quantization> quantizations;
  std::vector<uint32_t> parts;
  std::vector<ShardInfo> shard_infos;

  // Where the bytes of a place that is not `kept` begin in the file. kCorrupt if the zip archive's
  // local header disagrees with its directory.
  Result<uint64_t> OffsetOf(const StoragePlace& place) const {
    return place.member != nullptr ? zip->DataOffset(*place.member) : place.offset;
  }
  // Of the file, or of all shards.
  uint64_t bytes() const {
    uint64_t sum = shards.empty() ? file->size() : 0;
    for (const auto& shard : shards) sum += shard->file->size();
    return sum;
  }
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_CONTENTS_H_
