#include "zoo/runs/folder_lock.h"

#include <fmt/format.h>

#include <string_view>

#include "zoo/base/lock_file.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr std::string_view kName = ".run.lock";

}  // namespace

Result<FolderLock> FolderLock::Take(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / kName;
  ZOO_ASSIGN_OR_RETURN(
      LockedFile lock,
      LockFile(path,
               {.what = fmt::format("cannot open the run in {}", Escape(folder.native(), 1000)),
                .hint = "wait until that is done, or give this run another folder"}));
  return FolderLock(std::move(path), std::move(lock.fd), lock.excludes);
}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(excludes_, other.excludes_);
  return *this;
}

FolderLock::~FolderLock() { UnlockFile(path_, {std::move(fd_), excludes_}); }

}  // namespace zoo
