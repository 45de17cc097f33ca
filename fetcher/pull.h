// Pull: an entry of a registry becomes a blob of the cache. The cache is asked first; else the file
// is downloaded, verified and published.
//
//   CurlTransport transport(NetworkOptions::FromEnvironment());
//   RealProcess process; SystemClock clock;
//   ZOO_ASSIGN_OR_RETURN(Pulled pulled, Pull(entry, store, {transport, clock, process}, options));
//   pulled.blob.path();
//
// Several pulls may run at once, in one process (one Transport each) or in many; two of the same
// file cost one download where locks work.
#ifndef ZOO_FETCHER_PULL_H_
#define ZOO_FETCHER_PULL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/process.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"
#include "zoo/fetcher/clock.h"
#include "zoo/fetcher/mirror.h"
#include "zoo/fetcher/progress.h"
#include "zoo/fetcher/transport.h"
#include "zoo/registry/entry.h"

namespace zoo {

struct PullOptions {
  bool offline = false;  // a miss is kNotFound and no request is made
  std::vector<Mirror> mirrors;
  // As if the entry's registry had been fetched from a public host (Entry::public_addresses_only):
  // it may not send us to a loopback, link-local or private address. Mirrors and proxies may,
  // because the user named them.
  bool public_addresses_only = false;
  std::string python = "python3";  // runs pip for wheel sources (ZOO_PYTHON)
  ProgressCallback progress;
  CancelToken cancel;
};

// The seams that a pull works through.
struct PullSeams {
  Transport& transport;
  Clock& clock;
  Process& process;
};

struct Pulled {
  Blob blob;
  bool cached = false;  // it was here already: no request was made, nothing was written
  bool prefix_only =
      false;  // the registry knows only the first digits of the digest; the full one is pinned now
  int requests = 0;
  uint64_t bytes_received = 0;  // over the network in this run
  uint64_t bytes_reused = 0;    // staged by an earlier run
  double seconds = 0;
  std::string source;  // the one that delivered, fit to be printed; empty if cached
};

// Errors: kNotFound (offline and not cached), kNetwork (every source failed; the message tells
// each), kCorrupt (a body was not the file), kDisk, kUnsupported (no python3 for a wheel),
// kCancelled (the ingest is kept for the next run).
Result<Pulled> Pull(const Entry& entry, Store& store, PullSeams seams, const PullOptions& options);

// Only the cache: the blob, or kNotFound naming the command that would get it. As Store::Find, no
// request is made.
Result<Blob> FindCached(const Entry& entry, const Store& store, CancelToken cancel = {});

// The same, hashed again whatever the cache remembers of it: kCorrupt, and moved out of the way, if
// the bytes are not those that were verified when it came.
Result<Blob> VerifyCached(const Entry& entry, const Store& store, CancelToken cancel);

}  // namespace zoo

#endif  // ZOO_FETCHER_PULL_H_
