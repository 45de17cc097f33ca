// A bundle's blobs become blobs of the cache. Each is verified by the cache before it has a name.
//
//   ZOO_ASSIGN_OR_RETURN(Bundle bundle, Bundle::Open("weights.tar"));
//   for (const LockedWeights& weights : bundle.lock().weights) {
//     ZOO_ASSIGN_OR_RETURN(Unbundled one, Unbundle(bundle, weights, store, {}));
//   }
//
// Several may run at once, in one process or many; two of the same file copy it once where locks
// work.
#ifndef ZOO_SHARE_UNBUNDLE_H_
#define ZOO_SHARE_UNBUNDLE_H_

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"
#include "zoo/share/bundle.h"
#include "zoo/share/lock.h"

namespace zoo {

struct UnbundleOptions {
  BundleProgress progress;
  CancelToken cancel;
};

struct Unbundled {
  Blob blob;
  bool cached = false;  // it was here already, and the bundle's copy was not looked at
};

// Puts the file of a row of bundle.lock() into the cache. kNotFound if neither the bundle nor the
// cache has it, kCorrupt if the bundle's bytes are not the file, kDisk, kCancelled (the bytes that
// were copied are kept for the next run).
Result<Unbundled> Unbundle(const Bundle& bundle, const LockedWeights& weights, Store& store,
                           const UnbundleOptions& options);

}  // namespace zoo

#endif  // ZOO_SHARE_UNBUNDLE_H_
