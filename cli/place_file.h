// A second copy of a blob where the user wants one (`zoo pull --to`): the cheapest of a reflink, a
// hard link and a copy that works there.
#ifndef ZOO_CLI_PLACE_FILE_H_
#define ZOO_CLI_PLACE_FILE_H_

#include <filesystem>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"

namespace zoo::cli {

enum class Placed { kReflink, kHardLink, kCopy };

// Puts the bytes of `from` at `to`, which at no moment is a part of them: what stood there stays
// until it is replaced. A hard link shares the blob itself and is as read-only. kDisk, kNotFound
// (no such folder), kUsage (`to` is a folder), kCancelled.
Result<Placed> PlaceFile(const std::filesystem::path& from, const std::filesystem::path& to,
                         CancelToken cancel);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PLACE_FILE_H_
