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
  // O_NONBLOCK: opening a named pipe that nobody writes to must not hang.
  file->fd_ = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file->fd_.valid()) return FileError("open", path, errno);
  struct stat info;
  if (fstat(file->fd_.get(), &info) != 0) return FileError("read", path, errno);
  if (S_ISDIR(info.st_mode)) return FileError("read", path, EISDIR);
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kUsage, file->name_ + ": not a regular file", ""};
  }
  file->size_ = static_cast<uint64_t>(info.st_size);
  if (options.map && file->size_ > 0) {
    void* start =
        mmap(nullptr, file->size_, PROT_READ | PROT_WRITE, MAP_PRIVATE, file->fd_.get(), 0);
    if (start == MAP_FAILED) return FileError("map", path, errno);
    file->mapped_ = ByteView(static_cast<const std::byte*>(start), file->size_);
    file->owns_mapping_ = true;
  }
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

MappedFile::~MappedFile() {
  if (owns_mapping_) munmap(const_cast<std::byte*>(mapped_.data()), mapped_.size());
}

Status MappedFile::Read(uint64_t offset, std::span<std::byte> into) const {
  if (!fd_.valid()) {
    if (!into.empty()) std::memcpy(into.data(), mapped_.data() + offset, into.size());
    return {};
  }
  size_t done = 0;
  while (done < into.size()) {
    ssize_t got =
        pread(fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
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
