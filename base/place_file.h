// A second copy of a file where it is wanted (`zoo pull --to`, the files of a registry that is
// published): the cheapest of a reflink, a hard link and a copy that works there. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(Placed placed, PlaceFile(blob.path(), "weights.pth"));
#ifndef ZOO_BASE_PLACE_FILE_H_
#define ZOO_BASE_PLACE_FILE_H_

#include <filesystem>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"

namespace zoo {

enum class Placed { kReflink, kHardLink, kCopy };

struct PlaceOptions {
  // Only of a file that nobody writes into: what is written through one name is read through both.
  bool hard_link = true;
  CancelToken cancel;
};

// Puts the bytes of `from` at `to`, which at no moment is a part of them: what stood there stays
// until it is replaced. A hard link shares the file itself and its permissions. kDisk, kNotFound
// (no such file or folder), kUsage (`to` is a folder, a device, a pipe), kCancelled.
Result<Placed> PlaceFile(const std::filesystem::path& from, const std::filesystem::path& to,
                         const PlaceOptions& options = {});

}  // namespace zoo

#endif  // ZOO_BASE_PLACE_FILE_H_
