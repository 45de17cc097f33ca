#include "zoo/share/lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "zoo/base/bytes.h"
#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/registry/entry_json.h"
#include "zoo/registry/name.h"

namespace zoo {
namespace {

// Each means something else in a folder of Bazel's or on its command line.
constexpr std::string_view kReserved[] = {
    "all",        "all-targets", "BUILD",           "BUILD.bazel",      "MODULE.bazel",
    "REPO.bazel", "WORKSPACE",   "WORKSPACE.bazel", "WORKSPACE.bzlmod", "visibility"};

template <typename T, typename ToJsonValue>
Json OrNull(const std::optional<T>& value, ToJsonValue json) {
  return value ? Json(json(*value)) : Json();
}

Json SourceJson(const Source& source) {
  if (const auto* url = std::get_if<UrlSource>(&source)) return url->url;
  const auto& wheel = std::get<WheelSource>(source);
  return Json::Object{{"wheel", wheel.requirement}, {"member", wheel.member}};
}

}  // namespace

std::optional<std::string> WrongAlias(std::string_view alias) {
  if (!IsNamePart(alias)) {
    return fmt::format(
        "{} is not a name: letters, digits, '.', '_' and '-', a letter or digit first, no \"..\", "
        "at most 128",
        Quote(alias, 80));
  }
  if (std::ranges::find(kReserved, alias) != std::end(kReserved)) {
    return fmt::format("{} means something else to Bazel", Quote(alias));
  }
  return std::nullopt;
}

std::string AliasKey(std::string_view alias) {
  std::string lower(alias);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Result<const LockedWeights*> Lock::Find(std::string_view alias) const {
  auto row = std::ranges::find(weights, alias, &LockedWeights::alias);
  if (row != weights.end()) return &*row;
  std::vector<std::string> aliases;
  for (const LockedWeights& one : weights) aliases.push_back(one.alias);
  Error error{ErrorCode::kNotFound, fmt::format("the lock file has no alias {}", Quote(alias)), ""};
  if (auto nearest = Nearest(alias, aliases)) {
    error.hint = fmt::format("did you mean {}?", *nearest);
  } else if (!aliases.empty()) {
    error.hint = fmt::format("it has {}", fmt::join(aliases, ", "));
  }
  return error;
}

Json::Object RowJson(const LockedWeights& weights) {
  auto hex = [](const Digest& digest) { return digest.hex(); };
  Json::Array sources;
  for (const Source& source : weights.sources) sources.push_back(SourceJson(source));
  return {{"alias", weights.alias},
          {"name", weights.name},
          {"entry_sha256", weights.entry_sha256.hex()},
          {"file", weights.file},
          {"size", weights.size},
          {"sha256", weights.sha256.hex()},
          {"fingerprint", weights.fingerprint.empty() ? Json() : Json(weights.fingerprint)},
          {"sources", std::move(sources)},
          {"pieces_root", OrNull(weights.pieces_root, hex)},
          {"auth_host", OrNull(weights.auth_host, [](const std::string& host) { return host; })},
          {"public_addresses_only", weights.public_addresses_only}};
}

Json::Object Sealed(Json::Object row) {
  const Digest digest = Digest::Of(AsBytes(Json(row).Dump(-1)));
  row.emplace_back(kRowSeal, digest.hex());
  return row;
}

Json LockJson(const Lock& lock) {
  Json::Array rows;
  for (const LockedWeights& weights : lock.weights) rows.push_back(Sealed(RowJson(weights)));
  return Json::Object{{"schema", kLockSchema}, {"weights", std::move(rows)}};
}

std::string LockText(const Lock& lock) { return LockJson(lock).Dump() + '\n'; }

Result<Lock> LockOf(std::vector<LockedWeights> rows) {
  std::ranges::sort(rows, {}, &LockedWeights::alias);
  for (const LockedWeights& row : rows) {
    if (auto wrong = WrongAlias(row.alias)) {
      return Error{ErrorCode::kUsage, fmt::format("{}: alias {}", row.name, *wrong),
                   fmt::format("choose another: ALIAS={}", row.name)};
    }
  }
  std::map<std::string, const LockedWeights*> seen;
  for (const LockedWeights& row : rows) {
    auto [other, fresh] = seen.emplace(AliasKey(row.alias), &row);
    if (fresh) continue;
    return Error{ErrorCode::kUsage,
                 fmt::format("{} and {} would both be called {}", other->second->name, row.name,
                             other->second->alias),
                 fmt::format("choose an alias for one of them: ALIAS={}", row.name)};
  }
  Lock lock{std::move(rows)};
  // A registry may say what a lock may not: a password in a URL.
  Result<Lock> read = ParseLock(LockText(lock), "the lock");
  if (!read) return Error{ErrorCode::kUsage, read.error().message, "these cannot be locked"};
  return lock;
}

Digest EntryDigest(const Entry& entry) { return Digest::Of(AsBytes(Json(ToJson(entry)).Dump(-1))); }

bool GoesTo(const LockedWeights& weights, std::string_view host) {
  constexpr std::string_view kInHost = "abcdefghijklmnopqrstuvwxyz0123456789.-";
  if (host.empty() || host.find_first_not_of(kInHost) != host.npos) return false;
  const std::string start = fmt::format("https://{}/", host);
  return std::ranges::any_of(weights.sources, [&](const Source& source) {
    const auto* url = std::get_if<UrlSource>(&source);
    return url != nullptr && url->url.starts_with(start);
  });
}

Entry EntryOf(const LockedWeights& weights) {
  Entry entry;
  if (Result<Name> name = ParseName(weights.name)) {
    entry.registry = name->registry;
    entry.model = name->model;
    entry.weights = name->weights;
  }
  entry.artifact = {.file = weights.file,
                    .size = weights.size,
                    .min_size = weights.size,
                    .max_size = weights.size,
                    .sha256 = weights.sha256,
                    .sources = weights.sources};
  entry.fingerprint = weights.fingerprint;
  entry.public_addresses_only = weights.public_addresses_only;
  return entry;
}

}  // namespace zoo
