#include "zoo/share/sign.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/lock_file.h"
#include "zoo/base/new_file.h"
#include "zoo/base/text.h"
#include "zoo/registry/read.h"
#include "zoo/registry/registry.h"
#include "zoo/share/registry_folder.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLargestSignature = 64 << 10;

std::string NameOf(const fs::path& path) { return Escape(path.string(), 1000); }

Error InFile(const fs::path& path, Error error) {
  error.message = fmt::format("{}: {}", NameOf(path), error.message);
  return error;
}

// One registry on disk. What is signed and what is parsed are the same bytes.
struct Document {
  fs::path file, signature;
  std::string text;
};

Result<Document> ReadDocument(const fs::path& registry) {
  Document document{.file = RegistryFileAt(registry)};
  document.signature = document.file;
  document.signature += ".minisig";
  ZOO_ASSIGN_OR_RETURN(document.text, ReadRegistryText(registry));
  return document;
}

Status Parse(const Document& document) {
  auto parsed = Registry::Parse(document.text, AliasOf(document.file), RegistryOrigin::kFile,
                                document.file.string());
  return parsed ? Status() : std::move(parsed).error();
}

// What those who saw the older signature would refuse. Its trusted comment alone is looked at: the
// document that it was of is gone.
Status CheckSuccession(const Signature& older, const RegistryIdentity& identity) {
  const auto seen = ParseTrustedComment(older.trusted_comment);
  if (!seen || seen->name != identity.name || *seen == identity) return {};
  if (seen->version < identity.version) return {};
  const bool same = seen->version == identity.version;
  return Error{ErrorCode::kUsage,
               same ? fmt::format("version {} of {} was signed with other content",
                                  identity.version, identity.name)
                    : fmt::format("version {} of {} was signed before, and this is version {}",
                                  seen->version, identity.name, identity.version),
               fmt::format("give it a \"version\" above {}: who has seen that takes nothing older, "
                           "and nothing else for it",
                           seen->version)};
}

Status CheckOlder(const Document& document, const RegistryIdentity& identity, const KeyId& key,
                  const SignOptions& options) {
  const auto text = ReadFile(document.signature, kLargestSignature);
  if (!text) return text.error().code == ErrorCode::kNotFound ? Status() : text.error();
  auto older = Signature::Parse(*text);
  if (!older && options.replace_key) return {};
  if (!older) {
    Error error = InFile(document.signature, std::move(older).error());
    error.hint = "--replace-key writes a signature in its place";
    return error;
  }
  if (older->key != key && !options.replace_key) {
    return Error{ErrorCode::kMismatch,
                 fmt::format("{} is by key {}, and this key is {}", NameOf(document.signature),
                             older->key.ToString(), key.ToString()),
                 "whoever added the registry with that key will refuse this one: sign with that "
                 "key, or give --replace-key and tell them the new public key"};
  }
  return CheckSuccession(*older, identity);
}

// A registry folder's own lock, so that what is signed is what lies there afterwards too.
class FolderLock {
 public:
  static Result<FolderLock> Take(const fs::path& registry_file) {
    std::error_code ignored;
    FolderLock lock;
    if (registry_file.filename() != kRegistryFile || !fs::exists(registry_file, ignored)) {
      return lock;
    }
    lock.path_ = registry_file.parent_path() / kLockFile;
    ZOO_ASSIGN_OR_RETURN(lock.file_,
                         LockFile(lock.path_, {.what = "cannot sign " + NameOf(registry_file),
                                               .hint = "wait until that is done"}));
    return lock;
  }
  FolderLock(FolderLock&&) noexcept = default;
  ~FolderLock() { UnlockFile(path_, file_); }

 private:
  FolderLock() = default;

  fs::path path_;
  LockedFile file_;
};

Status Replace(const fs::path& path, std::string_view text) {
  ZOO_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(path, text.size()));
  ZOO_RETURN_IF_ERROR(file.Append(AsBytes(text)));
  return file.Commit(NewFile::Sync::kDisk);
}

}  // namespace

Result<SignedRegistry> SignRegistry(const fs::path& registry, const SecretKey& key,
                                    const SignOptions& options) {
  ZOO_ASSIGN_OR_RETURN(const FolderLock lock, FolderLock::Take(RegistryFileAt(registry)));
  ZOO_ASSIGN_OR_RETURN(Document document, ReadDocument(registry));
  ZOO_RETURN_IF_ERROR(Parse(document));
  auto identity = IdentityOf(document.text);
  if (!identity) return InFile(document.file, std::move(identity).error());
  ZOO_RETURN_IF_ERROR(CheckOlder(document, *identity, key.public_key().id, options));
  ZOO_RETURN_IF_ERROR(
      Replace(document.signature, key.Sign(AsBytes(document.text), TrustedComment(*identity))));
  return SignedRegistry{*std::move(identity), std::move(document.signature)};
}

Result<SignedRegistry> CheckSignature(const fs::path& registry, const PublicKey& key) {
  ZOO_ASSIGN_OR_RETURN(Document document, ReadDocument(registry));
  auto signature = ReadFile(document.signature, kLargestSignature);
  if (!signature && signature.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("{} is not signed: there is no {} beside it", NameOf(document.file),
                             NameOf(document.signature.filename())),
                 "`zoo sign` signs it"};
  }
  if (!signature) return std::move(signature).error();
  auto identity = VerifyRegistry(document.text, *signature, key);
  if (!identity) return InFile(document.signature, std::move(identity).error());
  ZOO_RETURN_IF_ERROR(Parse(document));
  return SignedRegistry{*std::move(identity), std::move(document.signature)};
}

}  // namespace zoo
