#include "zoo/share/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/file.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLargestFile = 64 << 10;
constexpr mode_t kForOwner = 0600, kForAll = 0666;

std::string NameOf(const fs::path& path) { return Escape(path.string(), 1000); }

Error InFile(const fs::path& path, Error error) {
  error.message = fmt::format("{}: {}", NameOf(path), error.message);
  return error;
}

// base/new_file.h replaces what is there, and makes files that others may read.
Status WriteNew(const fs::path& path, std::string_view bytes, mode_t mode) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd.valid() && errno == EEXIST) {
    return Error{ErrorCode::kUsage,
                 NameOf(path) + " is there already, and a key is never overwritten",
                 "choose another name"};
  }
  if (!fd.valid()) return FileError("write", path, errno);
  Status written = WriteAll(fd, bytes, path);
  if (written && fsync(fd.get()) != 0) written = FileError("write", path, errno);
  if (written) written = SyncFolder(path.parent_path());
  if (!written) unlink(path.c_str());
  return written;
}

}  // namespace

Result<KeyFiles> WriteNewKey(const SecretKey& key, const fs::path& secret) {
  KeyFiles files{.secret = secret, .public_key = fs::path(secret).replace_extension(".pub")};
  if (files.public_key == files.secret) {
    return Error{ErrorCode::kUsage, NameOf(secret) + " is a name for a public key",
                 "call the secret one FILE.pem; FILE.pub is written beside it"};
  }
  ZOO_RETURN_IF_ERROR(WriteNew(files.secret, key.Pem(), kForOwner));
  if (Status written = WriteNew(files.public_key, key.public_key().FileText(), kForAll); !written) {
    unlink(files.secret.c_str());
    return std::move(written).error();
  }
  return files;
}

Result<SecretKey> ReadSecretKey(const fs::path& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return FileError("read", path, errno);
  if ((info.st_mode & 077) != 0) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("{} is open to others: its mode is {:04o}", NameOf(path), info.st_mode & 07777),
        fmt::format("`chmod 600 {}` makes it yours alone; if somebody may have read it, "
                    "make a new key",
                    NameOf(path))};
  }
  ZOO_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kLargestFile));
  auto key = SecretKey::FromPem(text);
  if (!key) return InFile(path, std::move(key).error());
  return key;
}

Result<PublicKey> ReadPublicKey(const std::string& key_or_file) {
  auto key = PublicKey::Parse(key_or_file);
  std::error_code ignored;
  if (key || !fs::exists(key_or_file, ignored)) return key;
  ZOO_ASSIGN_OR_RETURN(std::string text, ReadFile(key_or_file, kLargestFile));
  key = PublicKey::Parse(text);
  if (!key) return InFile(key_or_file, std::move(key).error());
  return key;
}

}  // namespace zoo
