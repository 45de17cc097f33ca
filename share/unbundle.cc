#include "zoo/share/unbundle.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/text.h"
#include "zoo/cache/ingest.h"

namespace zoo {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

Status CopyInto(Ingest& ingest, const Bundle& bundle, const BundledBlob& blob,
                const LockedWeights& weights, const UnbundleOptions& options) {
  std::vector<std::byte> buffer(kPieceBytes);
  for (;;) {
    if (options.cancel.cancelled()) {
      return Error{ErrorCode::kCancelled, fmt::format("{}: cancelled", weights.name),
                   "the same command goes on from where it stopped"};
    }
    ZOO_ASSIGN_OR_RETURN(const size_t got, bundle.Read(blob, ingest.size(), std::span(buffer)));
    if (got == 0) return {};
    ZOO_RETURN_IF_ERROR(ingest.Append(ByteView(buffer).first(got)));
    if (options.progress) options.progress(weights, ingest.size());
  }
}

Error NotTheFile(const Bundle& bundle, const LockedWeights& weights, const Error& error) {
  return {ErrorCode::kCorrupt,
          fmt::format("{}: {}: {}", bundle.name(), weights.name, error.message),
          "the bundle is damaged: get it again"};
}

}  // namespace

// Staged bytes of an earlier run, of a download perhaps, may be other bytes than the bundle's: then
// once more, from the first.
Result<Unbundled> Unbundle(const Bundle& bundle, const LockedWeights& weights, Store& store,
                           const UnbundleOptions& options) {
  ZOO_ASSIGN_OR_RETURN(std::optional<Blob> found, store.Find(weights.sha256));
  if (found) return Unbundled{*std::move(found), true};
  const BundledBlob* blob = bundle.Find(weights.sha256);
  if (blob == nullptr) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("{} is neither in {} nor in the cache", weights.name, bundle.name()),
                 "the bundle was made with --only-missing, for a cache that has it"};
  }
  const IngestKey key{.file = weights.file, .sha256 = weights.sha256, .size = weights.size};
  for (;;) {
    ZOO_ASSIGN_OR_RETURN(Ingest ingest, store.Begin(key, options.cancel));
    // Whoever held the ingest before us may have published.
    ZOO_ASSIGN_OR_RETURN(found, store.Find(weights.sha256));
    if (found) return Unbundled{*std::move(found), true};
    const bool resumed = ingest.size() > 0;
    ZOO_RETURN_IF_ERROR(CopyInto(ingest, bundle, *blob, weights, options));
    Result<Blob> committed = ingest.Commit();
    if (committed) {
      // For people who look at the cache: not worth failing for.
      (void)store.Remember(committed->digest(), EntryOf(weights).name(), weights.file);
      return Unbundled{*std::move(committed), false};
    }
    if (committed.error().code != ErrorCode::kCorrupt) return std::move(committed).error();
    if (!resumed) return NotTheFile(bundle, weights, committed.error());
  }
}

}  // namespace zoo
