#include "zoo/share/make_lock.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>
#include <variant>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/fingerprint.h"
#include "zoo/registry/source_rules.h"

namespace zoo {
namespace {

// The earlier row, if it may be about the file that the entry means.
const LockedWeights* EarlierOf(const LockRequest& request) {
  const LockedWeights* before = request.before;
  if (before == nullptr) return nullptr;
  const Artifact& artifact = request.entry->artifact;
  const std::optional<Digest>& full = artifact.sha256 ? artifact.sha256 : request.sha256;
  const bool fits =
      full ? before->sha256 == *full : before->sha256.hex().starts_with(artifact.sha256_prefix);
  return fits ? before : nullptr;
}

Error NotKnown(const LockRequest& request, const std::string& what) {
  const std::string name = FullName(*request.entry);
  return {ErrorCode::kNotFound, fmt::format("cannot lock {}: {}", name, what),
          fmt::format("`zoo pull {}` learns the rest", name)};
}

Result<Digest> DigestOf(const LockRequest& request, const LockedWeights* earlier) {
  const Artifact& artifact = request.entry->artifact;
  if (artifact.sha256) return *artifact.sha256;
  if (request.sha256) return *request.sha256;
  if (request.blob) return request.blob->digest();
  if (earlier != nullptr) return earlier->sha256;
  return NotKnown(request, fmt::format("only the first {} digits of its sha256 are known",
                                       artifact.sha256_prefix.size()));
}

Result<uint64_t> SizeOf(const LockRequest& request, const LockedWeights* earlier) {
  const Artifact& artifact = request.entry->artifact;
  if (artifact.size) return *artifact.size;
  if (request.blob) return request.blob->size();
  if (earlier != nullptr) return earlier->size;
  return NotKnown(request, fmt::format("its size is only known to lie between {} and {}",
                                       artifact.min_size, artifact.max_size));
}

// Empty for a file that has none; only the disk can fail.
Result<std::string> FingerprintOfBlob(const Blob& blob) {
  auto checkpoint = Checkpoint::Open(blob.path(), {.immutable = true});
  if (!checkpoint && checkpoint.error().code == ErrorCode::kDisk) {
    return std::move(checkpoint).error();
  }
  if (!checkpoint) return std::string();
  Result<StateDict> weights = (*checkpoint)->FindStateDict();
  if (!weights) return std::string();
  Result<Fingerprint> fingerprint = FingerprintOf(**checkpoint, *weights);
  if (fingerprint) return fingerprint->ToString();
  if (fingerprint.error().code == ErrorCode::kDisk) return std::move(fingerprint).error();
  return std::string();
}

Result<std::string> FingerprintFor(const LockRequest& request, const LockedWeights* earlier) {
  if (!request.entry->fingerprint.empty()) return request.entry->fingerprint;
  if (earlier != nullptr && !earlier->fingerprint.empty()) return earlier->fingerprint;
  if (request.blob) return FingerprintOfBlob(*request.blob);
  return std::string();
}

std::vector<Source> AbsoluteSources(const Entry& entry) {
  std::vector<Source> sources = entry.artifact.sources;
  for (Source& source : sources) {
    if (auto* url = std::get_if<UrlSource>(&source)) url->url = ResolveSource(entry, *url);
  }
  return sources;
}

// A value of a row as people read it.
std::string Shown(const Json& value) {
  const std::string* text = value.AsString();
  if (value.is_null()) return "not known";
  return text != nullptr ? Escape(*text) : value.Dump(-1);
}

}  // namespace

std::string FullName(const Entry& entry) {
  return fmt::format("{}/{}", entry.registry, entry.name());
}

Result<LockedWeights> LockEntry(const LockRequest& request) {
  const Entry& entry = *request.entry;
  const LockedWeights* earlier = EarlierOf(request);
  LockedWeights row{.alias = request.alias.empty() ? entry.model : request.alias,
                    .name = FullName(entry),
                    .entry_sha256 = EntryDigest(entry),
                    .file = entry.artifact.file};
  ZOO_ASSIGN_OR_RETURN(row.sha256, DigestOf(request, earlier));
  ZOO_ASSIGN_OR_RETURN(row.size, SizeOf(request, earlier));
  ZOO_ASSIGN_OR_RETURN(row.fingerprint, FingerprintFor(request, earlier));
  row.sources = AbsoluteSources(entry);
  if (entry.artifact.pieces) row.pieces_root = entry.artifact.pieces->root;
  // The one thing that no registry says.
  if (request.before != nullptr && request.before->auth_host &&
      GoesTo(row, *request.before->auth_host)) {
    row.auth_host = request.before->auth_host;
  }
  row.public_addresses_only = entry.public_addresses_only;
  return row;
}

std::vector<LockChange> ChangesBetween(const LockedWeights& locked, const LockedWeights& now) {
  std::vector<LockChange> changes;
  const Json::Object before = RowJson(locked), after = RowJson(now);
  for (size_t i = 0; i < before.size(); ++i) {
    const auto& [field, value] = before[i];
    if (value == after[i].second) continue;
    if (field == "fingerprint" && value.is_null()) continue;
    changes.push_back({field, Shown(value), Shown(after[i].second)});
  }
  return changes;
}

}  // namespace zoo
