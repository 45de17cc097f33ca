// A registry that was added by URL, asked for anew: a conditional request for the document and one
// for its signature, and then every rule that stands between a server and what is remembered. What
// does not pass leaves the last good copy as it is.
//
//   1. GET the document, with the ETag of the copy that is here. At most 256 MiB, as it is stored.
//   2. With a key: GET document.minisig likewise, at most 64 KiB. None is kCorrupt. Without a key
//      the document is taken over https or from a private address only, and the signature is looked
//      for when the document is new, to tell which key could be pinned.
//   3. Both unchanged: done. One of them: the other is fetched too.
//   4. Signature and trusted comment, then the rules of succession (MayFollow), then parsing of the
//      very bytes that were verified. If a signature is wrong the server may have been between two
//      versions, or a cache on the way: 1 to 4 once more, past the caches.
//
//   ZOO_ASSIGN_OR_RETURN(RegistriesLock lock, RegistriesLock::Take(places, wait, cancel));
//   ZOO_ASSIGN_OR_RETURN(UpdatedRegistry updated,
//                        UpdateRegistry(lock, places, added, {transport, clock}, {}));
//
// One thread.
#ifndef ZOO_FETCHER_FETCH_REGISTRY_H_
#define ZOO_FETCHER_FETCH_REGISTRY_H_

#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"
#include "zoo/base/signature.h"
#include "zoo/fetcher/clock.h"
#include "zoo/fetcher/retry.h"
#include "zoo/fetcher/transport.h"
#include "zoo/registry/added.h"
#include "zoo/registry/remembered.h"

namespace zoo {

// The URL of a registry as it is kept: http or https, of a file that ends with ".json" or of the
// folder of a zoo.json, to which a missing '/' is added. kUsage for anything else, a query, user or
// password among it: what is remembered holds no secrets.
Result<std::string> RegistryUrl(std::string_view text);

struct FetchSeams {
  Transport& transport;
  Clock& clock;
};

struct FetchOptions {
  int attempts = kMaxAttempts;  // of one request, as far as Judge allows them
  CancelToken cancel;
};

struct FetchedRegistry {
  SeenRegistry seen;                 // now
  std::optional<RegistryCopy> copy;  // nothing: what was seen last is current
  std::optional<KeyId> other_key;    // of a signature that stands there and no key was given for
  int requests = 0;
};

// `last`: what was seen last, of which a good copy is here if `have_copy` says so. kNetwork if it
// cannot be had now, kCorrupt for what must not be taken, kUsage for unsigned http, kCancelled.
struct LastSeen {
  std::optional<SeenRegistry> seen;
  bool have_copy = false;
};
Result<FetchedRegistry> FetchRegistry(const AddedRegistry& added, const LastSeen& last,
                                      FetchSeams seams, const FetchOptions& options);

struct UpdatedRegistry {
  std::optional<SeenRegistry> before;
  SeenRegistry now;
  std::optional<KeyId> other_key;
  int requests = 0;
};
// FetchRegistry against what is remembered, and remembers what came.
Result<UpdatedRegistry> UpdateRegistry(const RegistriesLock& lock, const RegistryPlaces& places,
                                       const AddedRegistry& added, FetchSeams seams,
                                       const FetchOptions& options);

}  // namespace zoo

#endif  // ZOO_FETCHER_FETCH_REGISTRY_H_
