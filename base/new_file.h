// NewFile: a file that takes its name when it is complete. Until then its bytes stand in a
// temporary file beside it; dropping the object removes that and leaves what was there.
//
//   ZOO_ASSIGN_OR_RETURN(NewFile file, NewFile::Create("model.pt", size));
//   ZOO_RETURN_IF_ERROR(file.Append(bytes));
//   ZOO_RETURN_IF_ERROR(file.Commit(NewFile::Sync::kDisk));
//
// A regular file that is replaced passes its permissions on. Of a symbolic link it is the file that
// the link leads to; the link stays. A device or pipe has no such protection: it is written into.
// One thread at a time.
#ifndef ZOO_BASE_NEW_FILE_H_
#define ZOO_BASE_NEW_FILE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"

namespace zoo {

class NewFile {
 public:
  enum class Sync {
    kNone,  // left to the kernel
    kDisk,  // the bytes before the name, and the name, are on the medium
  };

  // `expected` bytes will be appended, which the message of a full disk says; 0: not known.
  static Result<NewFile> Create(const std::filesystem::path& path, uint64_t expected = 0);
  NewFile(NewFile&& other) noexcept = default;
  ~NewFile();

  Status Append(ByteView bytes);
  Status Commit(Sync sync);

  // The name that a temporary file of this name was to take: "model.pt" of "model.pt.partial-4711".
  // Nothing if it is none, so that what a killed process left can be recognised.
  static std::optional<std::string> NameOfPartial(std::string_view name);

 private:
  NewFile(std::filesystem::path path, uint64_t expected)
      : path_(std::move(path)), expected_(expected) {}
  Status Open();
  Error WriteError(int error_number) const;

  std::filesystem::path path_;     // as it was given, for messages
  std::filesystem::path target_;   // where that leads
  std::filesystem::path partial_;  // empty: there is none, or it has its name
  uint64_t expected_;
  UniqueFd fd_;
};

}  // namespace zoo

#endif  // ZOO_BASE_NEW_FILE_H_
