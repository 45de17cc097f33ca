// MappedFile: an open file of known size that is read by position and, on request, mapped. Reading
// past a truncation that happened after opening is an error; touching the mapping there would be
// SIGBUS, so only files that nobody changes in place are mapped. Bytes in memory can stand for a
// file. Immutable; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(auto file, MappedFile::Open("x.pth", {.map = true}));
//   ZOO_RETURN_IF_ERROR(file->Read(0, header));
#ifndef ZOO_CHECKPOINT_MAPPED_FILE_H_
#define ZOO_CHECKPOINT_MAPPED_FILE_H_

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"

namespace zoo {

class MappedFile {
 public:
  struct Options {
    bool map = false;
    // Without it each Read opens the file anew: of hundreds of files not all can stay open.
    bool keep_open = true;
  };
  static Result<std::shared_ptr<const MappedFile>> Open(const std::filesystem::path& path,
                                                        Options options);
  // Copies the bytes; mapped() then views the copy.
  static std::shared_ptr<const MappedFile> OfBytes(ByteView bytes, std::string name);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& name() const { return name_; }            // fit to be printed
  const std::filesystem::path& path() const { return path_; }  // empty of bytes in memory
  uint64_t size() const { return size_; }
  // The whole file; empty if it was not mapped. Private pages: writes do not reach the file.
  ByteView mapped() const { return mapped_; }
  // The whole file in a mapping of its own, size() bytes: what is written to it is seen neither in
  // the file nor in mapped() nor in another such mapping. Null if there is no file or nothing in
  // it. kDisk, and kCorrupt if the file, opened anew, is another one.
  Result<std::shared_ptr<std::byte>> MapApart() const;

  // Fills `into` from `offset`. kCorrupt if the file is shorter than it was or, opened anew,
  // another one, kDisk if it cannot be read. REQUIRES: the range lies within size().
  Status Read(uint64_t offset, std::span<std::byte> into) const;

 private:
  // What tells a file from another that took its path.
  struct Identity {
    uint64_t device = 0, inode = 0, size = 0;
    int64_t seconds = 0, nanoseconds = 0;  // when it was modified
    bool operator==(const Identity&) const = default;
  };

  MappedFile() = default;
  static Identity IdentityOf(const struct stat& info);
  Result<UniqueFd> Reopen() const;
  Status ReadFrom(int fd, uint64_t offset, std::span<std::byte> into) const;
  Result<std::shared_ptr<std::byte>> MapFrom(int fd) const;

  std::string name_;
  std::filesystem::path path_;
  Identity identity_;
  uint64_t size_ = 0;
  UniqueFd fd_;  // invalid if it is not kept open
  ByteView mapped_;
  std::shared_ptr<const std::byte> mapping_;  // what mapped_ views of a file
  std::string copy_;                          // what mapped_ views where bytes stand for a file
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_MAPPED_FILE_H_
