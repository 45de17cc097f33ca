// Lock: exactly these weights, for ever. zoo.lock says of each its name, the digest of its
// registry's entry, the file's size and SHA-256, and where it is had, so that whoever has the file
// needs no registry. docs/lock_files.md describes it; Bazel reads it too.
//
//   ZOO_ASSIGN_OR_RETURN(Lock lock, ReadLock("zoo.lock"));
//   ZOO_ASSIGN_OR_RETURN(const LockedWeights* digits, lock.Find("digits"));
//   ZOO_ASSIGN_OR_RETURN(Pulled pulled, Pull(EntryOf(*digits), ...));
//
// Values; pure functions but for ReadLock. Any thread.
#ifndef ZOO_SHARE_LOCK_H_
#define ZOO_SHARE_LOCK_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"

namespace zoo {

// One row of a lock file.
struct LockedWeights {
  std::string alias;    // what these weights are called here: a name of a Bazel target
  std::string name;     // "lab/digits:v1": as its registry called it, with the registry
  Digest entry_sha256;  // EntryDigest of that registry's entry
  std::string file;     // the publisher's file name
  uint64_t size = 0;
  Digest sha256;
  std::string fingerprint;      // "weights:sha256:HEX"; empty: not known
  std::vector<Source> sources;  // absolute URLs without user or password, and wheels
  std::optional<Digest> pieces_root;
  std::optional<std::string> auth_host;  // the one host that may be sent a token for this file
  bool public_addresses_only = false;    // as of the entry

  bool operator==(const LockedWeights&) const = default;
};

struct Lock {
  std::vector<LockedWeights> weights;  // sorted by alias, no two of one alias

  // The row of that alias, which lives as long as the lock; kNotFound with the nearest alias.
  Result<const LockedWeights*> Find(std::string_view alias) const;
  bool operator==(const Lock&) const = default;
};

inline constexpr std::string_view kLockSchema = "zoo/lock/1";
// The field that holds the digest of a row's other fields.
inline constexpr std::string_view kRowSeal = "row_sha256";

// A lock file is small; a larger one is refused unread.
inline constexpr uint64_t kLargestLock = 4 << 20;

// Reads strictly: every field of zoo/lock/1 and no other, rows sorted by alias, each with the
// digest of its own fields, so that a changed byte is seen. `where` (a path) begins each message.
// kCorrupt, or kUnsupported for a schema with another number.
Result<Lock> ParseLock(std::string_view text, std::string_view where);
// Also kNotFound and kDisk.
Result<Lock> ReadLock(const std::filesystem::path& path);

// The file: two spaces a level, a final newline. The same lock gives the same bytes.
std::string LockText(const Lock& lock);
Json LockJson(const Lock& lock);
// A row as it stands in the file, without the digest of its fields.
Json::Object RowJson(const LockedWeights& weights);

// Makes a lock of rows in any order. kUsage, naming both, if two go by one alias (or by two that
// differ in case only), and for an alias that cannot be the name of a Bazel target.
Result<Lock> LockOf(std::vector<LockedWeights> rows);

// Nothing if the text may be an alias, else the rest of a sentence that begins with "alias".
std::optional<std::string> WrongAlias(std::string_view alias);

// The alias in lower case: what no two rows may have in common.
std::string AliasKey(std::string_view alias);

// The identity of an entry: SHA-256 of its JSON on one line.
Digest EntryDigest(const Entry& entry);

// Whether one of its sources is an https URL of that host (in lower case, at the usual port), so
// that a token for it may be of use.
bool GoesTo(const LockedWeights& weights, std::string_view host);

// What is needed to pull exactly these bytes: name, file, digest, size, sources.
Entry EntryOf(const LockedWeights& weights);

// The row with a last member kRowSeal: SHA-256 of its JSON on one line.
Json::Object Sealed(Json::Object row);

}  // namespace zoo

#endif  // ZOO_SHARE_LOCK_H_
