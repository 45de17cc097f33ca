// FolderLock: keeps a run's folder to one process, and one holder in it. A lock of the kernel on
// the file .run.lock, gone with the process however that ends; the file says who holds it. One
// thread at a time.
//
//   ZOO_ASSIGN_OR_RETURN(FolderLock lock, FolderLock::Take(folder));
#ifndef ZOO_RUNS_FOLDER_LOCK_H_
#define ZOO_RUNS_FOLDER_LOCK_H_

#include <filesystem>
#include <utility>

#include "zoo/base/file.h"
#include "zoo/base/result.h"

namespace zoo {

class FolderLock {
 public:
  // kDisk if another has it. Where the file system knows no locks nobody is kept out.
  static Result<FolderLock> Take(const std::filesystem::path& folder);
  FolderLock(FolderLock&&) noexcept = default;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();  // gives it back

  // False where the file system knows no locks.
  bool excludes() const { return excludes_; }

 private:
  FolderLock(std::filesystem::path path, UniqueFd fd, bool excludes)
      : path_(std::move(path)), fd_(std::move(fd)), excludes_(excludes) {}
  std::filesystem::path path_;
  UniqueFd fd_;
  bool excludes_ = false;
};

}  // namespace zoo

#endif  // ZOO_RUNS_FOLDER_LOCK_H_
