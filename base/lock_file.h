// A lock of the kernel on a file made for it, gone with the process however that ends; the file
// says who holds it. It keeps a folder to one process at a time, and to one holder in it. Any
// thread.
//
//   ZOO_ASSIGN_OR_RETURN(LockedFile lock, LockFile(path, {.what = "cannot publish to lab"}));
//   ...
//   UnlockFile(path, lock);
#ifndef ZOO_BASE_LOCK_FILE_H_
#define ZOO_BASE_LOCK_FILE_H_

#include <filesystem>
#include <string>

#include "zoo/base/file.h"
#include "zoo/base/result.h"

namespace zoo {

struct LockedFile {
  UniqueFd fd;
  bool excludes = false;  // false where the file system knows no locks: nobody is kept out
};

// The words of who finds it taken: "WHAT: process 4711 on host has it open; HINT".
struct LockWords {
  std::string what;
  std::string hint;
};

// Makes the file if it is not there. kDisk if another holds the lock.
Result<LockedFile> LockFile(const std::filesystem::path& path, const LockWords& words);

// Removes the file, while it is held: whoever waits at it finds that its name is gone, and starts
// over. The lock itself goes with the descriptor.
void UnlockFile(const std::filesystem::path& path, const LockedFile& lock);

}  // namespace zoo

#endif  // ZOO_BASE_LOCK_FILE_H_
