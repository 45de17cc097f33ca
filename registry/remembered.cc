#include "zoo/registry/remembered.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/new_file.h"
#include "zoo/base/private_file.h"
#include "zoo/base/text.h"
#include "zoo/registry/fields.h"
#include "zoo/registry/read.h"
#include "zoo/registry/registry_index.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSchema = "zoo/remembered/1";
constexpr std::string_view kStateFile = "state.json";
constexpr std::string_view kDocument = ".json", kSignature = ".json.minisig", kIndex = ".index";
constexpr uint64_t kLargestDocument = 256 << 20;

// An alias is a part of a name, and so never more than one part of a path.
fs::path FolderOf(const RegistryPlaces& places, std::string_view alias) {
  return places.state / "registries" / alias;
}

fs::path CopyOf(const RegistryPlaces& places, std::string_view alias, const Digest& digest,
                std::string_view ending) {
  return FolderOf(places, alias) / (digest.hex() + std::string(ending));
}

std::string Shown(const fs::path& path) { return Escape(path.native(), 1000); }

std::string KeyText(const AddedRegistry& added) { return added.key ? added.key->ToString() : ""; }

std::string StateText(const AddedRegistry& added, const SeenRegistry& seen) {
  const Json document = Json::Object{{"schema", kSchema},
                                     {"url", added.url},
                                     {"key", KeyText(added)},
                                     {"name", seen.identity.name},
                                     {"version", seen.identity.version},
                                     {"sha256", seen.identity.sha256.hex()},
                                     {"entries", seen.entries},
                                     {"etag", seen.etag},
                                     {"signature_etag", seen.signature_etag},
                                     {"private_host", seen.private_host},
                                     {"checked", seen.checked},
                                     {"tried", seen.tried}};
  return document.Dump() + '\n';
}

std::string Required(Fields& fields, std::string_view key) {
  const std::string* text = fields.String(key, Need::kRequired);
  return text == nullptr ? "" : *text;
}

uint64_t RequiredWhole(Fields& fields, std::string_view key) {
  return fields.Whole(key, Need::kRequired).value_or(0);
}

// What the file says, and of which URL and key.
struct State {
  std::string url, key;
  SeenRegistry seen;
};

Result<State> ParseState(std::string_view text) {
  ZOO_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  Problem problem;
  Fields fields(json, "", problem);
  const std::string schema = Required(fields, "schema");
  if (!problem.found() && schema != kSchema) {
    fields.Fail("schema", fmt::format("is {}, not \"{}\"", Quote(schema, 80), kSchema),
                ErrorCode::kUnsupported);
  }
  State state{.url = Required(fields, "url"), .key = Required(fields, "key")};
  SeenRegistry& seen = state.seen;
  seen.identity.name = Required(fields, "name");
  seen.identity.version = RequiredWhole(fields, "version");
  Result<Digest> digest = Digest::FromHex(Required(fields, "sha256"));
  if (!digest) fields.Fail("sha256", "is no digest");
  seen.entries = RequiredWhole(fields, "entries");
  seen.etag = Required(fields, "etag");
  seen.signature_etag = Required(fields, "signature_etag");
  fields.Any("private_host", Need::kRequired);
  seen.private_host = fields.Bool("private_host").value_or(false);
  seen.checked = static_cast<int64_t>(RequiredWhole(fields, "checked"));
  seen.tried = static_cast<int64_t>(RequiredWhole(fields, "tried"));
  if (problem.found()) return problem.error();
  seen.identity.sha256 = *digest;
  return state;
}

// The digest in the name of a copy, its signature or its index; nothing for any other name.
std::optional<Digest> DigestIn(std::string_view name) {
  constexpr std::array kEndings = {kSignature, kDocument, kIndex};
  for (std::string_view ending : kEndings) {
    if (!name.ends_with(ending)) continue;
    Result<Digest> digest = Digest::FromHex(name.substr(0, name.size() - ending.size()));
    if (digest) return *digest;
  }
  return std::nullopt;
}

// What earlier copies and killed processes left. Only names that are ours are touched, and what
// cannot be removed is in nobody's way.
void Sweep(const fs::path& folder, const Digest& kept) {
  std::error_code ignored;
  std::vector<fs::path> old;
  for (fs::directory_iterator file(folder, ignored), end; file != end; file.increment(ignored)) {
    const std::string name = file->path().filename().string();
    const std::optional<std::string> partial = NewFile::NameOfPartial(name);
    const std::optional<Digest> digest = DigestIn(partial ? *partial : name);
    const bool state_left = partial && *partial == kStateFile;
    if (state_left || (digest && (partial || *digest != kept))) old.push_back(file->path());
  }
  for (const fs::path& path : old) fs::remove(path, ignored);
}

Error NeverFetched(const AddedRegistry& added) {
  return {ErrorCode::kNotFound,
          fmt::format("{} was never fetched here ({})", added.alias, added.where()),
          fmt::format("`zoo registry update {}` fetches it", added.alias)};
}

Error Damaged(const AddedRegistry& added, std::string_view what) {
  return {ErrorCode::kCorrupt,
          fmt::format("the copy of the registry {} that is kept here {}", added.alias, what),
          fmt::format("`zoo registry update {}` fetches it again", added.alias)};
}

Error Gone(const AddedRegistry& added) {
  Error error = Damaged(added, "is gone");
  error.code = ErrorCode::kNotFound;
  return error;
}

// The bytes that were verified, or kNotFound or kCorrupt.
Result<std::string> ReadCopy(const RegistryPlaces& places, const AddedRegistry& added,
                             const SeenRegistry& seen) {
  const Digest& digest = seen.identity.sha256;
  Result<std::string> text =
      ReadFile(CopyOf(places, added.alias, digest, kDocument), kLargestDocument);
  if (!text && text.error().code == ErrorCode::kNotFound) return Gone(added);
  if (!text) return text;
  const Digest found = Digest::Of(AsBytes(*text));
  if (found == digest) return text;
  return Damaged(
      added, fmt::format("is damaged: its sha256 is {}, it must be {}", found.hex(), digest.hex()));
}

Result<Registry> OpenCopy(const RegistryPlaces& places, const AddedRegistry& added,
                          const SeenRegistry& seen) {
  const Digest& digest = seen.identity.sha256;
  const fs::path index = CopyOf(places, added.alias, digest, kIndex);
  Result<IndexedDocument> document =
      StampDocument(CopyOf(places, added.alias, digest, kDocument), digest, RegistryOrigin::kUrl);
  if (!document && document.error().code == ErrorCode::kNotFound) return Gone(added);
  if (!document) return std::move(document).error();
  Result<Registry> indexed = OpenRegistryIndex(*document, index, added.alias);
  if (indexed) return indexed;
  ZOO_ASSIGN_OR_RETURN(const std::string text, ReadCopy(places, added, seen));
  ZOO_ASSIGN_OR_RETURN(Registry registry, Registry::Parse(text, added.alias, RegistryOrigin::kUrl,
                                                          added.document_url()));
  // Where it cannot be written the copy is read next time too.
  (void)WriteRegistryIndex(registry, *document, index);
  return registry;
}

}  // namespace

Result<RegistriesLock> RegistriesLock::Take(const RegistryPlaces& places,
                                            std::chrono::milliseconds wait, CancelToken cancel) {
  constexpr std::chrono::milliseconds kStep{20};
  if (places.state.empty()) {
    return Error{ErrorCode::kUsage, "there is no place to remember registries: HOME is not set",
                 "set XDG_STATE_HOME to a folder"};
  }
  ZOO_RETURN_IF_ERROR(MakePrivateFolder(places.state));
  const fs::path path = places.state / "LOCK";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd.valid()) return FileError("open", path, errno);
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    if (cancel.cancelled()) return Error{ErrorCode::kCancelled, "cancelled", ""};
    if (wait <= std::chrono::milliseconds::zero()) {
      return Error{ErrorCode::kDisk,
                   fmt::format("another zoo is at work on the remembered registries (it holds {})",
                               Shown(path)),
                   "try again when it is done"};
    }
    std::this_thread::sleep_for(kStep);
    wait -= kStep;
  }
  return RegistriesLock(std::move(fd));
}

Result<std::optional<SeenRegistry>> ReadSeen(const RegistryPlaces& places,
                                             const AddedRegistry& added) {
  if (places.state.empty()) return std::optional<SeenRegistry>();
  const fs::path path = FolderOf(places, added.alias) / kStateFile;
  Result<std::string> text = ReadFile(path, JsonLimits().bytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::optional<SeenRegistry>();
  if (!text) return std::move(text).error();
  Result<State> state = ParseState(*text);
  if (!state) {
    return Error{
        state.error().code, fmt::format("{}: {}", Shown(path), state.error().message),
        fmt::format("what was seen of {0} is not known any more: `zoo registry remove {0}` "
                    "and add it again, with its key",
                    added.alias)};
  }
  if (state->url != added.url || state->key != KeyText(added)) return std::optional<SeenRegistry>();
  return std::optional(std::move(state->seen));
}

Status MayFollow(const SeenRegistry& last, const RegistryIdentity& next, std::string_view alias) {
  const RegistryIdentity& seen = last.identity;
  if (next.name != seen.name) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: it calls itself {} now, and was {} before", alias,
                             Quote(next.name), Quote(seen.name)),
                 fmt::format("nothing was taken; if its publisher confirms the new name, `zoo "
                             "registry remove {}` and add it again",
                             alias)};
  }
  if (next.version < seen.version) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: version {} is offered, and version {} was seen before", alias,
                             next.version, seen.version),
                 "nothing was taken: an old copy is being served, by mistake or on purpose; ask "
                 "its publisher"};
  }
  if (next.version == seen.version && next.sha256 != seen.sha256) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: version {} has sha256 {} now, and had {} before", alias,
                             next.version, next.sha256.hex(), seen.sha256.hex()),
                 "nothing was taken: a version never changes; its publisher must raise the number "
                 "with each change"};
  }
  return {};
}

Result<Registry> OpenAdded(const RegistryPlaces& places, const AddedRegistry& added) {
  if (added.url.empty()) {
    Result<Registry> registry = ReadRegistry(added.path, added.alias);
    if (registry || registry.error().code != ErrorCode::kNotFound) return registry;
    Error error = std::move(registry).error();
    error.hint = fmt::format("`zoo registry remove {}` forgets that registry", added.alias);
    return error;
  }
  ZOO_ASSIGN_OR_RETURN(std::optional<SeenRegistry> seen, ReadSeen(places, added));
  for (;;) {
    if (!seen) return NeverFetched(added);
    Result<Registry> registry = OpenCopy(places, added, *seen);
    if (registry) {
      registry->SetFile(CopyOf(places, added.alias, seen->identity.sha256, kDocument));
      registry->SetBase(added.base_url(),
                        seen->private_host ? Reach::kAnyAddress : Reach::kPublicAddresses);
      return registry;
    }
    // Another process may have put a new copy in its place since the state was read.
    ZOO_ASSIGN_OR_RETURN(std::optional<SeenRegistry> now, ReadSeen(places, added));
    if (!now || now->identity == seen->identity) return registry;
    seen = std::move(now);
  }
}

Status CheckCopy(const RegistryPlaces& places, const AddedRegistry& added,
                 const SeenRegistry& seen) {
  Result<std::string> text = ReadCopy(places, added, seen);
  return text ? Status() : Status(std::move(text).error());
}

Status Remember(const RegistriesLock& lock, const RegistryPlaces& places,
                const AddedRegistry& added, const RegistryCopy& copy, const SeenRegistry& seen) {
  const Digest& digest = seen.identity.sha256;
  ZOO_RETURN_IF_ERROR(MakePrivateFolder(FolderOf(places, added.alias)));
  const fs::path document = CopyOf(places, added.alias, digest, kDocument);
  ZOO_RETURN_IF_ERROR(WritePrivateFile(document, copy.document));
  if (!copy.signature.empty()) {
    ZOO_RETURN_IF_ERROR(
        WritePrivateFile(CopyOf(places, added.alias, digest, kSignature), copy.signature));
  }
  ZOO_ASSIGN_OR_RETURN(const IndexedDocument stamped,
                       StampDocument(document, digest, RegistryOrigin::kUrl));
  ZOO_RETURN_IF_ERROR(
      WriteRegistryIndex(copy.registry, stamped, CopyOf(places, added.alias, digest, kIndex)));
  return RememberSeen(lock, places, added, seen);
}

Status RememberSeen(const RegistriesLock&, const RegistryPlaces& places, const AddedRegistry& added,
                    const SeenRegistry& seen) {
  const fs::path folder = FolderOf(places, added.alias);
  ZOO_RETURN_IF_ERROR(WritePrivateFile(folder / kStateFile, StateText(added, seen)));
  // Also when nothing is new: who was killed between the two left all of it.
  Sweep(folder, seen.identity.sha256);
  return {};
}

Status Forget(const RegistriesLock&, const RegistryPlaces& places, std::string_view alias) {
  std::error_code failed;
  fs::remove_all(FolderOf(places, alias), failed);
  return failed ? Status(FileError("remove", FolderOf(places, alias), failed.value())) : Status();
}

}  // namespace zoo
