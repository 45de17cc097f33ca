#include "zoo/fetcher/pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <variant>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/text.h"
#include "zoo/cache/ingest.h"
#include "zoo/fetcher/download.h"
#include "zoo/fetcher/local_file.h"
#include "zoo/fetcher/reporter.h"
#include "zoo/fetcher/url.h"
#include "zoo/fetcher/wheel.h"
#include "zoo/registry/source_rules.h"

namespace zoo {
namespace {

// The one URL that a file may be taken from whose full digest nobody has told us: the first over
// https, where the transport vouches for the digits that the prefix leaves open. Empty if there is
// none.
std::string OriginOf(const Entry& entry) {
  for (const Source& source : entry.artifact.sources) {
    const auto* relative = std::get_if<UrlSource>(&source);
    if (relative == nullptr) continue;
    std::string url = ResolveSource(entry, *relative);
    if (url.starts_with("https://")) return url;
  }
  return "";
}

IngestKey KeyOf(const Entry& entry) {
  const Artifact& artifact = entry.artifact;
  return {.file = artifact.file,
          .sha256 = artifact.sha256,
          .sha256_prefix = artifact.sha256_prefix,
          .origin = artifact.prefix_only() ? OriginOf(entry) : "",
          .size = artifact.size,
          .min_size = artifact.size.value_or(artifact.min_size),
          .max_size = artifact.size.value_or(artifact.max_size)};
}

// One place to try: a source, its URL absolute, or a mirror's URL for it.
struct Candidate {
  Source source;
  bool mirror = false;

  std::string Describe() const {
    if (const auto* wheel = std::get_if<WheelSource>(&source)) return DescribeWheel(*wheel);
    return MaskUrl(std::get<UrlSource>(source).url);
  }
};

// In the order to be tried.
std::vector<Candidate> CandidatesOf(const Entry& entry, const std::vector<Mirror>& mirrors) {
  std::vector<Candidate> candidates;
  if (entry.artifact.prefix_only()) {
    std::string origin = OriginOf(entry);
    if (!origin.empty()) candidates.push_back({UrlSource{std::move(origin)}});
    return candidates;
  }
  for (const Source& source : entry.artifact.sources) {
    const auto* relative = std::get_if<UrlSource>(&source);
    if (relative == nullptr) {
      candidates.push_back({source});
      continue;
    }
    std::string url = ResolveSource(entry, *relative);
    for (std::string& mirrored : MirrorsOf(url, mirrors)) {
      candidates.push_back({UrlSource{std::move(mirrored)}, true});
    }
    candidates.push_back({UrlSource{std::move(url)}});
  }
  return candidates;
}

Result<std::optional<Digest>> DigestIn(const Store& store, const IngestKey& key) {
  // Nothing has come from nowhere.
  if (!key.sha256 && key.origin.empty()) return std::optional<Digest>();
  return store.DigestOf(key);
}

Result<std::optional<Blob>> FindIn(const Store& store, const IngestKey& key, CancelToken cancel) {
  ZOO_ASSIGN_OR_RETURN(const std::optional<Digest> digest, DigestIn(store, key));
  return digest ? store.Find(*digest, cancel) : std::optional<Blob>();
}

Error NotCached(const Entry& entry) {
  return {ErrorCode::kNotFound, fmt::format("{} is not in the cache", entry.name()),
          fmt::format("`zoo pull {}` gets it", entry.name())};
}

bool EndsThePull(const Error& error) {
  return error.code == ErrorCode::kDisk || error.code == ErrorCode::kCancelled;
}

// One entry on its way into the store.
class PullRun {
 public:
  PullRun(const Entry& entry, Store& store, PullSeams seams, const PullOptions& options)
      : entry_(entry),
        store_(store),
        seams_(seams),
        options_(options),
        key_(KeyOf(entry)),
        reporter_(options.progress, seams.clock,
                  {.name = entry.name(), .total = entry.artifact.size}) {}

  Result<Pulled> Run();

 private:
  Result<Pulled> Fetch();
  Result<Blob> FetchFrom(const Candidate& candidate);
  Result<Downloaded> Stage(const Candidate& candidate, bool past_caches);
  Result<Downloaded> StageUrl(const Candidate& candidate, const std::string& url, bool past_caches);
  Status BeginIngest();
  Pulled Finished(Blob blob);
  Error Offline() const;
  Error Cancelled() const;
  Error AllFailed(std::vector<Error> errors) const;

  const Entry& entry_;
  Store& store_;
  const PullSeams seams_;
  const PullOptions& options_;
  const IngestKey key_;
  Reporter reporter_;
  Tally tally_;
  std::optional<Ingest> ingest_;
  uint64_t reused_ = 0;  // staged by an earlier run
};

Result<Pulled> PullRun::Run() {
  const auto start = seams_.clock.Now();
  ZOO_ASSIGN_OR_RETURN(std::optional<Blob> blob, FindIn(store_, key_, options_.cancel));
  if (blob) {
    return Pulled{.blob = *blob, .cached = true, .prefix_only = entry_.artifact.prefix_only()};
  }
  if (options_.offline) return Offline();
  Result<Pulled> pulled = Fetch();
  if (!pulled && pulled.error().code == ErrorCode::kCancelled) return Cancelled();
  if (!pulled) return pulled;
  pulled->seconds = std::chrono::duration<double>(seams_.clock.Now() - start).count();
  return pulled;
}

Result<Pulled> PullRun::Fetch() {
  const std::vector<Candidate> candidates = CandidatesOf(entry_, options_.mirrors);
  if (candidates.empty()) return AllFailed({});
  reporter_.Enter(Progress::Phase::kVerifying, 0);
  ZOO_RETURN_IF_ERROR(BeginIngest());
  reused_ = ingest_->size();
  // Whoever held the ingest before us may have published.
  ZOO_ASSIGN_OR_RETURN(std::optional<Blob> blob, FindIn(store_, key_, options_.cancel));
  if (blob) {
    ingest_.reset();
    return Pulled{.blob = *blob, .cached = true, .prefix_only = entry_.artifact.prefix_only()};
  }
  std::vector<Error> errors;
  for (const Candidate& candidate : candidates) {
    reporter_.SetSource(candidate.Describe());
    Result<Blob> fetched = FetchFrom(candidate);
    if (fetched) {
      Pulled pulled = Finished(*std::move(fetched));
      pulled.source = candidate.Describe();
      return pulled;
    }
    if (EndsThePull(fetched.error())) return std::move(fetched).error();
    errors.push_back(std::move(fetched).error());
  }
  return AllFailed(std::move(errors));
}

// A digest that is wrong after a cache on the way answered, or after bytes of several replies were
// put together, says little of the source: once more, from the first byte and past the caches.
Result<Blob> PullRun::FetchFrom(const Candidate& candidate) {
  for (bool again = false;; again = true) {
    if (!ingest_) ZOO_RETURN_IF_ERROR(BeginIngest());
    ZOO_ASSIGN_OR_RETURN(const Downloaded staged, Stage(candidate, again));
    reporter_.Enter(Progress::Phase::kVerifying, ingest_->size());
    Result<Blob> blob = ingest_->Commit();
    ingest_.reset();
    if (blob || blob.error().code != ErrorCode::kCorrupt) return blob;
    reused_ = 0;
    if (again || !(staged.pieced || staged.from_cache)) return blob;
  }
}

Status PullRun::BeginIngest() {
  ZOO_ASSIGN_OR_RETURN(Ingest ingest, store_.Begin(key_, options_.cancel));
  ingest_ = std::move(ingest);
  return {};
}

Result<Downloaded> PullRun::Stage(const Candidate& candidate, bool past_caches) {
  const DownloadContext context{seams_.transport, seams_.clock, reporter_, tally_, options_.cancel};
  if (const auto* wheel = std::get_if<WheelSource>(&candidate.source)) {
    reused_ = 0;
    ZOO_RETURN_IF_ERROR(FetchWheel(*wheel, options_.python, *ingest_, seams_.process, context));
    return Downloaded{};
  }
  const std::string& url = std::get<UrlSource>(candidate.source).url;
  if (!url.starts_with("file:")) return StageUrl(candidate, url, past_caches);
  reused_ = 0;
  ZOO_ASSIGN_OR_RETURN(const std::filesystem::path path, ParseFileUrl(url));
  ZOO_RETURN_IF_ERROR(CopyLocalFile(path, *ingest_, context));
  return Downloaded{};
}

Result<Downloaded> PullRun::StageUrl(const Candidate& candidate, const std::string& url,
                                     bool past_caches) {
  ZOO_ASSIGN_OR_RETURN(Url parsed, ParseUrl(url));
  const bool public_only = options_.public_addresses_only || entry_.public_addresses_only;
  const DownloadRequest request{.url = std::move(parsed),
                                .size = key_.size,
                                .min_size = key_.min_size,
                                .max_size = key_.max_size,
                                .private_addresses = candidate.mirror || !public_only,
                                .past_caches = past_caches};
  return Download(request, *ingest_,
                  {seams_.transport, seams_.clock, reporter_, tally_, options_.cancel});
}

Pulled PullRun::Finished(Blob blob) {
  reporter_.Enter(Progress::Phase::kDone, blob.size());
  // For people who look at the cache: not worth failing for.
  (void)store_.Remember(blob.digest(), entry_.name(), entry_.artifact.file);
  return {.blob = std::move(blob),
          .prefix_only = entry_.artifact.prefix_only(),
          .requests = tally_.requests,
          .bytes_received = tally_.bytes_received,
          .bytes_reused = reused_};
}

Error PullRun::Offline() const {
  return {ErrorCode::kNotFound,
          fmt::format("{} is not in the cache, and this run is offline", entry_.name()),
          fmt::format("`zoo pull {}` gets it where there is a network", entry_.name())};
}

Error PullRun::Cancelled() const {
  const uint64_t kept = ingest_ ? ingest_->size() : 0;
  return {ErrorCode::kCancelled, fmt::format("{}: cancelled", entry_.name()),
          kept == 0 ? ""
                    : fmt::format("the {} that arrived are kept: the same command goes on from "
                                  "there",
                                  FormatSize(kept))};
}

Error PullRun::AllFailed(std::vector<Error> errors) const {
  if (errors.empty()) {
    return {ErrorCode::kNetwork,
            fmt::format("{}: no source may be used: only the first digits of its sha256 are known, "
                        "so it must come over https",
                        entry_.name()),
            ""};
  }
  const auto corrupt = std::ranges::find(errors, ErrorCode::kCorrupt, &Error::code);
  const auto network = std::ranges::find(errors, ErrorCode::kNetwork, &Error::code);
  const Error& first = corrupt != errors.end()   ? *corrupt
                       : network != errors.end() ? *network
                                                 : errors.front();
  Error all{first.code, fmt::format("cannot get {}: {}", entry_.name(), errors.front().message),
            first.hint};
  for (size_t i = 1; i < errors.size(); ++i) all.message += "; then " + errors[i].message;
  if (all.hint.empty() && ingest_ && ingest_->size() > 0) {
    all.hint = fmt::format("the {} that arrived are kept: the same command goes on from there",
                           FormatSize(ingest_->size()));
  }
  return all;
}

}  // namespace

Result<Pulled> Pull(const Entry& entry, Store& store, PullSeams seams, const PullOptions& options) {
  return PullRun(entry, store, seams, options).Run();
}

Result<Blob> FindCached(const Entry& entry, const Store& store, CancelToken cancel) {
  ZOO_ASSIGN_OR_RETURN(std::optional<Blob> blob, FindIn(store, KeyOf(entry), cancel));
  return blob ? *std::move(blob) : Result<Blob>(NotCached(entry));
}

Result<Blob> VerifyCached(const Entry& entry, const Store& store, CancelToken cancel) {
  ZOO_ASSIGN_OR_RETURN(const std::optional<Digest> digest, DigestIn(store, KeyOf(entry)));
  if (!digest) return NotCached(entry);
  Result<Blob> blob = store.Verify(*digest, cancel);
  if (!blob && blob.error().code == ErrorCode::kNotFound) return NotCached(entry);
  return blob;
}

}  // namespace zoo
