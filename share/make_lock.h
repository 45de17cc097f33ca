// Rows of a lock file, made of what registries say and the cache has. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(LockedWeights row, LockEntry({.entry = entry, .blob = blob}));
//   ZOO_ASSIGN_OR_RETURN(Lock lock, LockOf({row}));
//   context.Print(LockText(lock));
#ifndef ZOO_SHARE_MAKE_LOCK_H_
#define ZOO_SHARE_MAKE_LOCK_H_

#include <optional>
#include <string>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"
#include "zoo/registry/entry.h"
#include "zoo/share/lock.h"

namespace zoo {

struct LockRequest {
  std::string alias;                      // empty: the model's name
  const Entry* entry = nullptr;           // as its registry has it
  std::optional<Digest> sha256;           // the digest that "NAME@sha256:HEX" demands
  std::optional<Blob> blob;               // where the cache has it
  const LockedWeights* before = nullptr;  // its row in an earlier lock
};

// "lab/digits:v1"
std::string FullName(const Entry& entry);

// The entry's row. Where a registry knows only the first digits of the file's SHA-256, or only a
// range for its size, the rest is what the request demands, what the cache has, or what `before`
// says, if it fits; kNotFound, naming the command that helps, if none of them knows. The
// fingerprint is the entry's, else the one that `before` says of the same bytes, else the blob's
// own; none where it holds no weights that have one.
Result<LockedWeights> LockEntry(const LockRequest& request);

// What differs between two rows of one alias, as "FIELD is LOCKED in the lock, NOW in the registry"
// needs it. A fingerprint that the first does not know is no difference.
struct LockChange {
  std::string field;
  std::string locked, now;
};
std::vector<LockChange> ChangesBetween(const LockedWeights& locked, const LockedWeights& now);

}  // namespace zoo

#endif  // ZOO_SHARE_MAKE_LOCK_H_
