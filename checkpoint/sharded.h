// Sharded sets: a JSON index, as Hugging Face's libraries write it (model.safetensors.index.json,
// pytorch_model.bin.index.json), that says which file of its folder holds which tensor. Fills the
// arena with one dict of tensors in the index's order, over the storages of all files.
#ifndef ZOO_CHECKPOINT_SHARDED_H_
#define ZOO_CHECKPOINT_SHARDED_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// The index's "weight_map".
struct ShardIndex {
  struct Entry {
    std::string name;    // of the tensor
    uint32_t shard = 0;  // index into files
  };
  std::vector<Entry> entries;      // in its order, of different names
  std::vector<std::string> files;  // plain names, in the order of first mention
};

// Nothing if the file is no JSON object with a "weight_map" that is an object. kCorrupt if it has
// one that is damaged, names a tensor twice, or names what is not a plain file name.
Result<std::optional<ShardIndex>> ReadShardIndex(const FileContents& contents);

// Opens the files beside the index, reads each with `read`, and looks every tensor up. What a shard
// holds beyond that is left out. kNotFound names a file that is missing, kCorrupt a tensor that its
// file lacks, kUnsupported one that is not plain (sparse, nested).
Status ReadShards(FileContents& contents, const ShardIndex& index,
                  const std::function<Status(FileContents& shard)>& read);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_SHARDED_H_
