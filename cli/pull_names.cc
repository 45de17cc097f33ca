#include "zoo/cli/pull_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <list>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/base/place_file.h"
#include "zoo/base/text.h"
#include "zoo/registry/registry.h"
#include "zoo/share/lock.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownDigits = 12;

// Licences of weights that ask for little more than to be kept; the others are worth a word.
constexpr std::array<std::string_view, 8> kPermissive = {
    "not stated",   "Apache-2.0", "MIT",     "BSD-2-Clause",
    "BSD-3-Clause", "CC-BY-4.0",  "CC0-1.0", "Unlicense"};

// The names of one command at work.
class PullCommand {
 public:
  PullCommand(Context& context, PullSeams seams, Transport& refreshing, const PullNames& request)
      : context_(context), seams_(seams), refreshing_(refreshing), request_(request) {}

  Result<int> Run();

 private:
  Status ReadNames();
  Status CheckTarget() const;
  Status RefreshRegistries();
  bool AllCached() const;
  Result<const Entry*> Find(const std::string& name);
  Result<Pulled> PullEntry(const Entry& entry);
  Status PullOne(const std::string& name);
  Result<fs::path> Place(const Entry& entry, const Blob& blob);
  void Tell(const Entry& entry, const Pulled& pulled);
  void Failed(const std::string& name, const Error& error);

  Context& context_;
  const PullSeams seams_;
  Transport& refreshing_;
  const PullNames& request_;
  std::vector<std::string> names_;
  const RegistrySet* registries_ = nullptr;  // null: with a lock
  std::optional<Lock> lock_;
  std::list<Entry> locked_;  // entries made of rows, where they stay
  Store* store_ = nullptr;
  PullOptions options_;
  Json::Array pulled_, failed_;
  int exit_code_ = 0;
};

Result<int> PullCommand::Run() {
  ZOO_RETURN_IF_ERROR(ReadNames());
  ZOO_RETURN_IF_ERROR(CheckTarget());
  ZOO_ASSIGN_OR_RETURN(store_, context_.OpenStore());
  if (!lock_) {
    ZOO_RETURN_IF_ERROR(RefreshRegistries());
    ZOO_ASSIGN_OR_RETURN(registries_, context_.Registries());
  }
  ZOO_ASSIGN_OR_RETURN(options_, context_.PullDefaults());
  for (const std::string& name : names_) {
    if (Status one = PullOne(name); !one) Failed(name, one.error());
    if (context_.cancel().cancelled()) break;
  }
  if (context_.json()) {
    context_.PrintJson(Json::Object{
        {"schema", "zoo/pull/1"}, {"pulled", std::move(pulled_)}, {"failed", std::move(failed_)}});
  }
  return exit_code_;
}

Status PullCommand::ReadNames() {
  names_ = request_.names;
  if (!request_.lock) return {};
  ZOO_ASSIGN_OR_RETURN(lock_, ReadLock(*request_.lock));
  if (!names_.empty()) return {};
  for (const LockedWeights& row : lock_->weights) names_.push_back(row.alias);
  return {};
}

Status PullCommand::CheckTarget() const {
  std::error_code ignored;
  if (!request_.to || names_.size() < 2 || fs::is_directory(*request_.to, ignored)) {
    return {};
  }
  return Error{ErrorCode::kUsage,
               fmt::format("{} names are to go to {}, which is no folder", names_.size(),
                           Quote(request_.to->string())),
               "make the folder first, or pull them one by one"};
}

Status PullCommand::RefreshRegistries() {
  if (request_.refresh == Refresh::kIfOld && AllCached()) return {};
  return RefreshAdded(context_, {refreshing_, seams_.clock}, request_.refresh);
}

bool PullCommand::AllCached() const {
  const Result<const RegistrySet*> registries = context_.Registries();
  return registries && std::ranges::all_of(request_.names, [&](const std::string& name) {
           const Result<const Entry*> entry = (*registries)->Find(name);
           return entry && FindCached(**entry, *store_);
         });
}

Result<const Entry*> PullCommand::Find(const std::string& name) {
  if (registries_ != nullptr) return registries_->Find(name);
  ZOO_ASSIGN_OR_RETURN(const LockedWeights* row, lock_->Find(name));
  return &locked_.emplace_back(EntryOf(*row));
}

// A blob that was here already is known by its digest alone; a lock says its size too.
Result<Pulled> PullCommand::PullEntry(const Entry& entry) {
  ZOO_ASSIGN_OR_RETURN(Pulled pulled, Pull(entry, *store_, seams_, options_));
  if (!lock_ || pulled.blob.size() == entry.artifact.size) return pulled;
  return Error{ErrorCode::kMismatch,
               fmt::format("{}: the file of sha256 {} has {} bytes, the lock says {}", entry.name(),
                           pulled.blob.digest().hex(), pulled.blob.size(), *entry.artifact.size),
               "the lock contradicts itself: write it anew with `zoo lock`"};
}

Status PullCommand::PullOne(const std::string& name) {
  ZOO_ASSIGN_OR_RETURN(const Entry* entry, Find(name));
  ZOO_ASSIGN_OR_RETURN(const Pulled pulled, PullEntry(*entry));
  context_.terminal().ClearStatus();
  Tell(*entry, pulled);
  Json to;
  if (request_.to) {
    ZOO_ASSIGN_OR_RETURN(const fs::path path, Place(*entry, pulled.blob));
    to = path.string();
  }
  if (!context_.json()) context_.Print(pulled.blob.path().string() + "\n");
  Json::Object row{{"name", entry->name()},
                   {"path", pulled.blob.path().string()},
                   {"sha256", pulled.blob.digest().hex()},
                   {"size", pulled.blob.size()},
                   {"cached", pulled.cached},
                   {"verified", pulled.prefix_only ? "sha256_prefix" : "sha256"},
                   {"requests", pulled.requests},
                   {"bytes_received", pulled.bytes_received},
                   {"bytes_reused", pulled.bytes_reused},
                   {"seconds", pulled.seconds},
                   {"source", pulled.source}};
  if (lock_) row.emplace_back("alias", name);
  if (request_.to) row.emplace_back("to", std::move(to));
  pulled_.push_back(std::move(row));
  return {};
}

Result<fs::path> PullCommand::Place(const Entry& entry, const Blob& blob) {
  std::error_code ignored;
  fs::path target = *request_.to;
  if (fs::is_directory(target, ignored)) target /= entry.artifact.file;
  ZOO_ASSIGN_OR_RETURN(const Placed placed,
                       PlaceFile(blob.path(), target, {.cancel = context_.cancel()}));
  // A link changes the blob's ctime: it is verified and stamped anew now, not at the next hit.
  if (placed == Placed::kHardLink) (void)store_->Find(blob.digest());
  return target;
}

void PullCommand::Tell(const Entry& entry, const Pulled& pulled) {
  const std::string digits = pulled.blob.digest().hex().substr(0, kShownDigits);
  context_.Note(fmt::format("{}  {}  sha256 {}...  {}", entry.name(),
                            FormatSize(pulled.blob.size()), digits,
                            pulled.cached ? "was in the cache" : "verified, cached"));
  if (pulled.prefix_only && !pulled.cached) {
    context_.Note(
        fmt::format("{}: prefix only: the first {} digits of its sha256 were published; all 64 are "
                    "recorded now "
                    "and demanded from now on",
                    entry.name(), entry.artifact.sha256_prefix.size()));
  }
  const std::string& license = entry.license;
  if (std::ranges::find(kPermissive, license) == kPermissive.end()) {
    context_.Note(fmt::format("{}: licence of the weights: {}", entry.name(), Escape(license)));
  }
}

void PullCommand::Failed(const std::string& name, const Error& error) {
  context_.terminal().ErrLine(fmt::format("zoo: {}", error.Text()));
  failed_.push_back(Json::Object{{"name", name},
                                 {"code", ErrorCodeName(error.code)},
                                 {"message", error.message},
                                 {"hint", error.hint}});
  if (exit_code_ == 0) exit_code_ = static_cast<int>(error.code);
}

}  // namespace

Result<int> RunPull(Context& context, PullSeams seams, Transport& refreshing,
                    const PullNames& request) {
  return PullCommand(context, seams, refreshing, request).Run();
}

}  // namespace zoo::cli
