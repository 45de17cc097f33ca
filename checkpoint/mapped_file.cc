#include "zoo/checkpoint/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "zoo/base/text.h"

namespace zoo {

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::filesystem::path& path,
                                                           Options options) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->name_ = Escape(path.native(), 1000);
  file->path_ = path;
  // O_NONBLOCK: opening a named pipe that nobody writes to must not hang.
  file->fd_ = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file->fd_.valid()) return FileError("open", path, errno);
  struct stat info;
  if (fstat(file->fd_.get(), &info) != 0) return FileError("read", path, errno);
  if (S_ISDIR(info.st_mode)) {
    return Error{ErrorCode::kUsage, file->name_ + ": a folder, not a file", ""};
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kUsage, file->name_ + ": not a regular file", ""};
  }
  file->size_ = static_cast<uint64_t>(info.st_size);
  file->identity_ = IdentityOf(info);
  if (options.map && file->size_ > 0) {
    ZOO_ASSIGN_OR_RETURN(file->mapping_, file->MapFrom(file->fd_.get()));
    file->mapped_ = ByteView(file->mapping_.get(), file->size_);
  }
  if (!options.keep_open) file->fd_ = UniqueFd();
  return std::shared_ptr<const MappedFile>(std::move(file));
}

std::shared_ptr<const MappedFile> MappedFile::OfBytes(ByteView bytes, std::string name) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->name_ = Escape(name, 1000);
  file->copy_ = AsText(bytes);
  file->mapped_ = AsBytes(file->copy_);
  file->size_ = bytes.size();
  return file;
}

Result<std::shared_ptr<std::byte>> MappedFile::MapFrom(int fd) const {
  void* start = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (start == MAP_FAILED) return FileError("map", path_, errno);
  return std::shared_ptr<std::byte>(static_cast<std::byte*>(start),
                                    [size = size_](std::byte* it) { munmap(it, size); });
}

Result<std::shared_ptr<std::byte>> MappedFile::MapApart() const {
  if (path_.empty() || size_ == 0) return std::shared_ptr<std::byte>();
  if (fd_.valid()) return MapFrom(fd_.get());
  ZOO_ASSIGN_OR_RETURN(const UniqueFd fd, Reopen());
  return MapFrom(fd.get());
}

MappedFile::Identity MappedFile::IdentityOf(const struct stat& info) {
  return {.device = static_cast<uint64_t>(info.st_dev),
          .inode = static_cast<uint64_t>(info.st_ino),
          .size = static_cast<uint64_t>(info.st_size),
          .seconds = info.st_mtim.tv_sec,
          .nanoseconds = info.st_mtim.tv_nsec};
}

Result<UniqueFd> MappedFile::Reopen() const {
  UniqueFd fd(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info;
  if (!fd.valid()) return FileError("open", path_, errno);
  if (fstat(fd.get(), &info) != 0) return FileError("read", path_, errno);
  if (IdentityOf(info) == identity_) return fd;
  return Error{ErrorCode::kCorrupt, name_ + ": the file was changed while it was read", ""};
}

Status MappedFile::Read(uint64_t offset, std::span<std::byte> into) const {
  if (path_.empty()) {
    if (!into.empty()) std::memcpy(into.data(), mapped_.data() + offset, into.size());
    return {};
  }
  if (fd_.valid()) return ReadFrom(fd_.get(), offset, into);
  ZOO_ASSIGN_OR_RETURN(UniqueFd fd, Reopen());
  return ReadFrom(fd.get(), offset, into);
}

Status MappedFile::ReadFrom(int fd, uint64_t offset, std::span<std::byte> into) const {
  size_t done = 0;
  while (done < into.size()) {
    ssize_t got =
        pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{ErrorCode::kDisk,
                   fmt::format("cannot read {} at byte {}: {}", name_, offset + done,
                               std::generic_category().message(errno)),
                   ""};
    }
    if (got == 0) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("{}: the file became shorter while it was read: it had {} bytes, "
                               "byte {} is missing now",
                               name_, size_, offset + done),
                   ""};
    }
    done += static_cast<size_t>(got);
  }
  return {};
}

}  // namespace zoo
