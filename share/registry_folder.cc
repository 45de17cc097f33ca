#include "zoo/share/registry_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/new_file.h"
#include "zoo/base/text.h"
#include "zoo/registry/name.h"
#include "zoo/registry/read.h"
#include "zoo/registry/registry.h"
#include "zoo/share/entry_facts.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLargestFile = 256 << 20;  // of a registry
constexpr std::string_view kIncoming = ".incoming";
constexpr size_t kNameBytes = 200;   // of weights in a file's name, which has 255
constexpr size_t kPhotoBytes = 100;  // of a photo's own name in the name it gets
constexpr size_t kShownDigits = 8;

Error InFile(const fs::path& path, Error error) {
  error.message = fmt::format("{}: {}", Escape(path.native(), 1000), error.message);
  return error;
}

Error Cancelled() { return {ErrorCode::kCancelled, "publishing was cancelled", ""}; }

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Letters, digits, '_', and single '-' and '.' between them: safe in a URL and on every disk.
std::string PlainName(std::string_view text, size_t most) {
  std::string plain;
  for (const char c : text.substr(0, most)) {
    if (IsPlain(c)) {
      plain += c;
    } else if (!plain.empty() && IsPlain(plain.back())) {
      plain += c == '.' ? '.' : '-';
    }
  }
  while (!plain.empty() && !IsPlain(plain.back())) plain.pop_back();
  return plain;
}

Status SyncFile(const fs::path& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return FileError("open", path, errno);
  return fsync(fd.get()) == 0 ? Status() : FileError("write", path, errno);
}

Status WriteSynced(const fs::path& path, std::string_view bytes) {
  ZOO_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(path, bytes.size()));
  ZOO_RETURN_IF_ERROR(file.Append(AsBytes(bytes)));
  return file.Commit(NewFile::Sync::kDisk);
}

// Whether a publisher or signer writes that name beside zoo.json: anything else is somebody's own.
bool IsOfFolder(std::string_view name) {
  if (name == kRegistryFile || name == kSignatureFile) return true;
  // A published photo: "STEM-", digits of its digest, ".SUFFIX".
  const std::string_view stem = name.substr(0, name.rfind('.'));
  const size_t dash = stem.rfind('-');
  const std::string_view digits = dash == stem.npos ? "" : stem.substr(dash + 1);
  return digits.size() == kShownDigits &&
         digits.find_first_not_of("0123456789abcdef") == digits.npos;
}

}  // namespace

std::string PublishedFileName(const Entry& entry, const Digest& digest, std::string_view suffix) {
  const std::string name =
      entry.weights.empty() ? entry.model : fmt::format("{}-{}", entry.model, entry.weights);
  return fmt::format("{}-{}{}", PlainName(name, kNameBytes), digest.hex().substr(0, kShownDigits),
                     suffix);
}

std::string PublishedPhotoName(std::string_view file_name, const Digest& digest) {
  const fs::path path(file_name);
  const std::string suffix = PlainName(path.extension().native(), kPhotoBytes);
  std::string stem = PlainName(path.stem().native(), kPhotoBytes);
  if (stem.empty()) stem = "photo";
  return fmt::format("{}-{}{}{}", stem, digest.hex().substr(0, kShownDigits),
                     suffix.empty() ? "" : ".", suffix);
}

Result<RegistryFolder> RegistryFolder::Open(const fs::path& path, const Options& options) {
  if (!options.name.empty() && !IsNamePart(options.name)) {
    return Error{ErrorCode::kUsage, fmt::format("{} is no name of a registry", Quote(options.name)),
                 "letters, digits, '.', '_' and '-', a letter or digit first"};
  }
  RegistryFolder folder(path, options);
  if (options.write) {
    ZOO_RETURN_IF_ERROR(folder.Make());
    ZOO_ASSIGN_OR_RETURN(
        folder.lock_, LockFile(path / kLockFile, {.what = fmt::format("cannot publish to {}",
                                                                      Escape(path.native(), 1000)),
                                                  .hint = "wait until that is done"}));
    if (folder.lock_.excludes) folder.ClearAway();
  }
  ZOO_RETURN_IF_ERROR(folder.ReadText());
  return folder;
}

Status RegistryFolder::Make() {
  std::error_code failed;
  made_folder_ = fs::create_directories(path_, failed);
  const fs::path files = path_ / kFilesFolder;
  if (!failed) made_files_ = fs::create_directory(files, failed);
  return failed ? FileError("create", files, failed.value()) : Status();
}

// What a killed publisher left: nobody else is at work here.
void RegistryFolder::ClearAway() const {
  std::error_code ignored;
  std::vector<fs::path> left;
  for (const auto& file : fs::directory_iterator(path_, ignored)) {
    const auto name = NewFile::NameOfPartial(file.path().filename().native());
    if (name && IsOfFolder(*name)) left.push_back(file.path());
  }
  for (const auto& file : fs::directory_iterator(path_ / kFilesFolder, ignored)) {
    const std::string name = file.path().filename().native();
    // PlaceFile writes ..incoming.HEX.part, NewFile .incoming.partial-PID.
    const bool ours =
        name.starts_with(kIncoming) || name.starts_with(fmt::format(".{}", kIncoming));
    if (ours) left.push_back(file.path());
  }
  for (const fs::path& file : left) fs::remove(file, ignored);
}

// Of a link the file that it leads to, so that it is replaced at once and whole as any other.
fs::path RegistryFolder::RegistryPath() const {
  const fs::path path = path_ / kRegistryFile;
  std::error_code failed;
  if (!fs::is_symlink(path, failed)) return path;
  fs::path target = fs::canonical(path, failed);
  return failed ? path : target;
}

Status RegistryFolder::ReadText() {
  const fs::path path = path_ / kRegistryFile;
  Result<std::string> bytes = ReadFile(path, kLargestFile);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
    text_ = RegistryText::New(options_.name.empty() ? AliasOf(path_) : options_.name);
    return {};
  }
  if (!bytes) return std::move(bytes).error();
  Result<RegistryText> text = RegistryText::Of(*std::move(bytes));
  if (!text) return InFile(path, std::move(text).error());
  text_ = *std::move(text);
  if (options_.name.empty() || options_.name == text_.name()) return {};
  return Error{ErrorCode::kUsage,
               fmt::format("{} calls itself {}, not {}", Escape(path.native(), 1000),
                           Quote(text_.name()), options_.name),
               "a registry keeps its name: signatures are bound to it"};
}

RegistryFolder::~RegistryFolder() {
  if (!lock_.fd.valid()) return;  // nothing was made, or it was moved from
  std::error_code ignored;
  fs::remove(Incoming(), ignored);
  const bool empty = !fs::exists(path_ / kRegistryFile, ignored);
  // Folders go only if nothing is in them.
  if (made_files_) fs::remove(path_ / kFilesFolder, ignored);
  UnlockFile(path_ / kLockFile, lock_);
  if (empty && made_folder_) fs::remove(path_, ignored);
}

Result<Added> RegistryFolder::Add(const Publication& publication, CancelToken cancel) {
  const Entry& entry = publication.entry;
  ZOO_RETURN_IF_ERROR(CheckEntry(entry));
  Result<std::optional<Json>> there = text_.Find(entry.model, entry.weights);
  if (!there) return InFile(path_ / kRegistryFile, std::move(there).error());
  return *there ? AddAgain(publication, **there) : AddNew(publication, cancel);
}

Result<Added> RegistryFolder::AddAgain(const Publication& publication, const Json& there) {
  const Entry& entry = publication.entry;
  Result<Entry> old = ReadEntry(there);
  if (!old) return InFile(path_ / kRegistryFile, std::move(old).error());
  ZOO_RETURN_IF_ERROR(CompareFacts(*old, entry));
  if (!entry.is_default || text_.IsDefault(entry.model, entry.weights)) {
    return Added{.version = text_.version(),
                 .is_default = text_.IsDefault(entry.model, entry.weights)};
  }
  ZOO_ASSIGN_OR_RETURN(std::string text, Extended(publication, {.updated = publication.updated,
                                                                .only_default = true}));
  return Replace(text, Added::Change::kDefault, true);
}

Result<Added> RegistryFolder::AddNew(const Publication& publication, CancelToken cancel) {
  ZOO_RETURN_IF_ERROR(text_.CheckNew(publication.entry));
  ZOO_ASSIGN_OR_RETURN(std::string text,
                       Extended(publication, {.updated = publication.updated,
                                              .category_names = publication.category_names}));
  if (cancel.cancelled()) return Cancelled();
  if (options_.write) {
    ZOO_RETURN_IF_ERROR(PlaceFiles(publication));
  }
  const bool first = !text_.HasModel(publication.entry.model);
  return Replace(text, Added::Change::kEntry, first || publication.entry.is_default);
}

// The new text, which is read as whoever gets it will read it.
Result<std::string> RegistryFolder::Extended(const Publication& publication,
                                             const Addition& addition) const {
  std::string text = text_.With(publication.entry, addition);
  const fs::path path = path_ / kRegistryFile;
  ZOO_RETURN_IF_ERROR(Registry::Parse(text, AliasOf(path_), RegistryOrigin::kFile, path.native()));
  return text;
}

Status RegistryFolder::PlaceFiles(const Publication& publication) const {
  const fs::path files = path_ / kFilesFolder;
  const fs::path target = files / publication.entry.artifact.file;
  ZOO_RETURN_IF_ERROR(SyncFile(Incoming()));
  if (rename(Incoming().c_str(), target.c_str()) != 0) return FileError("create", target, errno);
  ZOO_RETURN_IF_ERROR(SyncFolder(files));
  for (const PublishedPhoto& photo : publication.photos) {
    ZOO_RETURN_IF_ERROR(WriteSynced(path_ / photo.name, photo.bytes));
  }
  return {};
}

Result<Added> RegistryFolder::Replace(const std::string& text, Added::Change change,
                                      bool is_default) {
  if (options_.write) {
    ZOO_RETURN_IF_ERROR(WriteSynced(RegistryPath(), text));
  }
  std::error_code ignored;
  return Added{.change = change,
               .version = text_.version() + 1,
               .is_default = is_default,
               .signature_stale = fs::exists(path_ / kSignatureFile, ignored)};
}

}  // namespace zoo
