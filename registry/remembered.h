// What this user remembers of registries that were added by URL: the last good copy of each, which
// serves without a network, and what was seen last, which nothing older may replace. In the state
// folder, mode 0700:
//
//   LOCK                 held by the one process that changes any of this, or config.json
//   registries/ALIAS/
//     state.json         "zoo/remembered/1": URL, key, name, version, digest, ETags, times
//     HEX.json           the document with that digest, as it was verified
//     HEX.json.minisig   its signature, if it was taken with a key
//     HEX.index          compiled from it (registry_index.h)
//
// state.json names the copy by its digest and is written last, so a process that is killed at any
// moment leaves the copy of before or the new one. Readers take no lock. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(Registry lab, OpenAdded(places, added));
#ifndef ZOO_REGISTRY_REMEMBERED_H_
#define ZOO_REGISTRY_REMEMBERED_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/registry/added.h"
#include "zoo/registry/registry.h"
#include "zoo/registry/registry_signature.h"

namespace zoo {

// Kept by the one process that changes what is remembered; gone with it however it ends. Where the
// file system knows no locks nobody is kept out.
class RegistriesLock {
 public:
  // kDisk if another has it for longer than `wait`, kCancelled, kUsage if there is no place for the
  // state.
  static Result<RegistriesLock> Take(const RegistryPlaces& places, std::chrono::milliseconds wait,
                                     CancelToken cancel);

 private:
  explicit RegistriesLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// A registry when it was last seen and all was right.
struct SeenRegistry {
  RegistryIdentity identity;
  uint64_t entries = 0;
  std::string etag, signature_etag;  // of the document and its signature; empty: none
  // Its host has a private address, so its sources may have one too.
  bool private_host = false;
  int64_t checked = 0;  // seconds since 1970: when its server last said that this is current
  int64_t tried = 0;    // when it was last asked, whatever came of that

  bool operator==(const SeenRegistry&) const = default;
};

// Nothing if it was never fetched, or was from another URL or for another key than it has now.
// kCorrupt if the file is damaged: then nobody knows what was seen, and nothing new is taken.
Result<std::optional<SeenRegistry>> ReadSeen(const RegistryPlaces& places,
                                             const AddedRegistry& added);

// The rules of succession: kCorrupt, with what to do, for another name, a lower version, or the
// same version with other bytes. `alias` begins the message.
Status MayFollow(const SeenRegistry& last, const RegistryIdentity& next, std::string_view alias);

// The registry: of a path what lies there now, of a URL the last good copy; kNotFound if there is
// none, kCorrupt if it is damaged.
Result<Registry> OpenAdded(const RegistryPlaces& places, const AddedRegistry& added);

// kNotFound or kCorrupt if the copy is not there or not what was seen. Reads all of it.
Status CheckCopy(const RegistryPlaces& places, const AddedRegistry& added,
                 const SeenRegistry& seen);

// What was fetched and verified, and parsed.
struct RegistryCopy {
  std::string document;
  std::string signature;  // empty: unsigned
  Registry registry;
};

// Keeps a new copy and forgets the one before.
Status Remember(const RegistriesLock& lock, const RegistryPlaces& places,
                const AddedRegistry& added, const RegistryCopy& copy, const SeenRegistry& seen);
// Keeps what is new of the copy that is there.
Status RememberSeen(const RegistriesLock& lock, const RegistryPlaces& places,
                    const AddedRegistry& added, const SeenRegistry& seen);
// Forgets all of it, what was seen too.
Status Forget(const RegistriesLock& lock, const RegistryPlaces& places, std::string_view alias);

}  // namespace zoo

#endif  // ZOO_REGISTRY_REMEMBERED_H_
