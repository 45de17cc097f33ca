// Download: one artifact from one URL into one Ingest, with as many requests as that takes.
//
//   1. Connecting: a request goes out for the bytes that are missing. With staged bytes it is a
//      range, and where the server's strong ETag for them is noted, under If-Match.
//   2. Receiving: bytes are appended as they come, hashed by the ingest, never beyond the size.
//   3. The end of the request, or a head that is no use, goes to Judge: done, or
//   4. Waiting, for as long as the server asked or by Backoff, then 1; or failed.
//
// What it leaves in the ingest is as long as it should be, and no more is known of it: the ingest's
// Commit compares the digest. Failed downloads keep what was staged. One thread.
#ifndef ZOO_FETCHER_DOWNLOAD_H_
#define ZOO_FETCHER_DOWNLOAD_H_

#include <cstdint>
#include <optional>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"
#include "zoo/cache/ingest.h"
#include "zoo/fetcher/clock.h"
#include "zoo/fetcher/reporter.h"
#include "zoo/fetcher/transport.h"
#include "zoo/fetcher/url.h"

namespace zoo {

// What a pull has cost so far.
struct Tally {
  int requests = 0;
  uint64_t bytes_received = 0;
};

struct DownloadContext {
  Transport& transport;
  Clock& clock;
  Reporter& reporter;
  Tally& tally;
  CancelToken cancel;
};

struct DownloadRequest {
  Url url;
  std::optional<uint64_t> size;         // of the file, where it is known exactly
  uint64_t min_size = 0, max_size = 0;  // of the file; both equal `size` where that is known
  bool private_addresses = false;       // may the host's address be a private one?
  bool past_caches = false;             // ask caches on the way not to answer by themselves
};

struct Downloaded {
  bool pieced = false;      // of more than one request, in this run or an earlier one
  bool from_cache = false;  // a cache on the way may have answered
};

// Errors end this source only, but for kDisk and kCancelled: those end the pull.
Result<Downloaded> Download(const DownloadRequest& request, Ingest& ingest,
                            const DownloadContext& context);

}  // namespace zoo

#endif  // ZOO_FETCHER_DOWNLOAD_H_
