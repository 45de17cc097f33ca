// How long a checkpoint must be whose zip directory is missing, as it is when a download broke off:
// what can be told from its front. Pure; any thread.
#ifndef ZOO_CHECKPOINT_LEAST_SIZE_H_
#define ZOO_CHECKPOINT_LEAST_SIZE_H_

#include <cstdint>
#include <optional>

#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/mapped_file.h"

namespace zoo {

// The bytes of data.pkl and of all storages that it names, if it is the archive's first record and
// is there as a whole; nothing otherwise. The real size is a little more.
std::optional<uint64_t> LeastSize(const MappedFile& file, const Limits& limits);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_LEAST_SIZE_H_
