#include "zoo/fetcher/fetch_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"
#include "zoo/fetcher/redirect.h"
#include "zoo/fetcher/url.h"

namespace zoo {
namespace {

constexpr uint64_t kLargestDocument = 256 << 20;
constexpr uint64_t kLargestSignature = 64 << 10;
constexpr size_t kLongestTag = 256;
constexpr int kMissing[] = {403, 404, 410};  // object stores say 403 of what is not there

// What may be sent back as If-None-Match: a server's own words go into a header again.
bool IsTag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kLongestTag &&
         std::ranges::all_of(tag, [](char c) { return c > 0x20 && c < 0x7f; });
}

// One file of the registry, as it came.
struct Page {
  bool unchanged = false;  // the ETag that was sent is still the server's
  std::string missing;     // why there is none: "it answers 404 Not Found"; empty: it came
  std::string body, etag;
  bool private_host = false;
  bool from_cache = false;
};

struct PageRequest {
  std::string url;
  uint64_t max_bytes = 0;
  std::string etag;  // of the copy that is here; empty: all of it is wanted
  bool past_caches = false;
  bool unsigned_document = false;  // nothing but the way it comes vouches for it
  int attempts = 1;
};

// Gets one page, with as many requests as that takes.
class PageRun {
 public:
  PageRun(std::string_view alias, const PageRequest& request, FetchSeams seams, CancelToken cancel)
      : request_(request), seams_(seams), cancel_(cancel), alias_(alias) {}

  Result<Page> Run();
  int requests() const { return requests_; }

 private:
  Verdict Attempt(const Url& url);
  bool TakeHead(const ResponseHead& head);
  bool TakeBody(ByteView bytes);
  bool Stop(ErrorCode code, std::string_view what, std::string hint = "");
  Error Said(ErrorCode code, std::string_view what, std::string hint = "") const {
    return {code, fmt::format("{}: {}: {}", alias_, MaskUrl(request_.url), what), std::move(hint)};
  }

  const PageRequest& request_;
  const FetchSeams seams_;
  const CancelToken cancel_;
  const std::string alias_;
  Page page_;
  std::optional<Verdict> head_;   // of the reply under way
  std::optional<Error> stopped_;  // why no more of it was taken
  int status_ = 0;
  int requests_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

Result<Page> PageRun::Run() {
  ZOO_ASSIGN_OR_RETURN(const Url url, ParseUrl(request_.url));
  for (int failures = 1;; ++failures) {
    const Verdict verdict = Attempt(url);
    if (stopped_) return *stopped_;
    if (page_.unchanged || verdict.action == Action::kAccept) return std::move(page_);
    if (verdict.code == ErrorCode::kCancelled) return Said(ErrorCode::kCancelled, "cancelled");
    if (std::ranges::find(kMissing, status_) != std::end(kMissing)) {
      page_.missing = verdict.reason;
      return std::move(page_);
    }
    const int most = std::min(verdict.attempts, request_.attempts);
    if (verdict.action != Action::kResume || failures >= most) {
      const std::string attempts = failures > 1 ? fmt::format(" ({} attempts)", failures) : "";
      return Said(verdict.code, verdict.reason + attempts);
    }
    std::chrono::milliseconds wait =
        Backoff(failures, std::uniform_real_distribution<>(0, 1)(random_));
    if (verdict.after) wait = std::max<std::chrono::milliseconds>(wait, *verdict.after);
    if (!seams_.clock.Sleep(wait, cancel_)) return Said(ErrorCode::kCancelled, "cancelled");
  }
}

Verdict PageRun::Attempt(const Url& url) {
  page_ = {};
  head_.reset();
  status_ = 0;
  HttpRequest request{.private_addresses = true, .cancel = cancel_};
  if (!request_.etag.empty()) request.headers.emplace_back("If-None-Match", request_.etag);
  if (request_.past_caches) request.headers.emplace_back("Cache-Control", "no-cache");
  const Hops hops =
      GetFollowing(seams_.transport, url, std::move(request),
                   {.head = [this](const ResponseHead& head) { return TakeHead(head); },
                    .body = [this](ByteView bytes) { return TakeBody(bytes); }});
  requests_ += hops.requests;
  if (hops.outcome.failure == NetFailure::kRefused && head_) return *head_;
  return Judge({.max_size = request_.max_bytes, .date = seams_.clock.Date()}, hops.outcome);
}

bool PageRun::TakeHead(const ResponseHead& head) {
  status_ = head.status;
  page_.private_host = head.private_address;
  page_.from_cache = head.from_cache;
  if (head.etag && IsTag(*head.etag)) page_.etag = *head.etag;
  if (request_.unsigned_document && !request_.url.starts_with("https://") &&
      !head.private_address) {
    return Stop(ErrorCode::kUsage,
                "it is neither signed with a key that is known nor fetched over https, so anybody "
                "on the way could change it",
                "add it with --key, or by its https:// URL");
  }
  if (head.status == 304 && !request_.etag.empty()) {
    page_.unchanged = true;
    return true;
  }
  if (head.status == 200 && head.content_length.value_or(0) > request_.max_bytes) {
    return Stop(ErrorCode::kCorrupt,
                fmt::format("it offers {}, and {} is the most that is taken",
                            FormatSize(*head.content_length), FormatSize(request_.max_bytes)));
  }
  head_ = JudgeHead({.max_size = request_.max_bytes, .date = seams_.clock.Date()}, head);
  return head_->action == Action::kAccept;
}

bool PageRun::TakeBody(ByteView bytes) {
  if (cancel_.cancelled()) return Stop(ErrorCode::kCancelled, "cancelled");
  if (page_.unchanged) return true;
  if (bytes.size() > request_.max_bytes - page_.body.size()) {
    return Stop(ErrorCode::kCorrupt,
                fmt::format("it sends more than {}, which is the most that is taken",
                            FormatSize(request_.max_bytes)));
  }
  page_.body += AsText(bytes);
  return true;
}

bool PageRun::Stop(ErrorCode code, std::string_view what, std::string hint) {
  stopped_ = Said(code, what, std::move(hint));
  return false;
}

// One registry, asked for.
class RegistryRun {
 public:
  RegistryRun(const AddedRegistry& added, const LastSeen& last, FetchSeams seams,
              const FetchOptions& options)
      : added_(added), last_(last), seams_(seams), options_(options) {}

  Result<FetchedRegistry> Run();

 private:
  struct Round {
    bool conditional = false;
    bool past_caches = false;
  };
  Result<FetchedRegistry> Ask(const Round& round);
  Result<Page> GetDocument(const Round& round);
  Result<Page> GetSignature(const Round& round);
  Result<Page> Get(const PageRequest& request);
  Result<FetchedRegistry> Check(const Page& document, const Page& signature);
  Result<RegistryIdentity> Identify(const Page& document, const Page& signature);
  Error Refused(Error error) const;
  FetchedRegistry Unchanged(const Page& document, const Page& signature) const;
  int64_t Now() const { return seams_.clock.Date().time_since_epoch().count(); }

  const AddedRegistry& added_;
  const LastSeen& last_;
  const FetchSeams seams_;
  const FetchOptions& options_;
  int requests_ = 0;
  bool worth_another_ = false;  // what is wrong may lie between the server and us
};

Result<FetchedRegistry> RegistryRun::Run() {
  Result<FetchedRegistry> fetched = Ask({.conditional = last_.seen && last_.have_copy});
  if (!fetched && worth_another_) fetched = Ask({.past_caches = true});
  if (fetched) fetched->requests = requests_;
  return fetched;
}

Result<FetchedRegistry> RegistryRun::Ask(const Round& round) {
  const Round all{.past_caches = round.past_caches};
  ZOO_ASSIGN_OR_RETURN(Page document, GetDocument(round));
  if (!added_.key && document.unchanged) return Unchanged(document, {});
  ZOO_ASSIGN_OR_RETURN(Page signature, GetSignature(round));
  if (document.unchanged && signature.unchanged) return Unchanged(document, signature);
  if (document.unchanged) {
    ZOO_ASSIGN_OR_RETURN(document, GetDocument(all));
  }
  if (signature.unchanged) {
    ZOO_ASSIGN_OR_RETURN(signature, GetSignature(all));
  }
  return Check(document, signature);
}

Result<Page> RegistryRun::GetDocument(const Round& round) {
  const std::string url = added_.document_url();
  ZOO_ASSIGN_OR_RETURN(Page page, Get({.url = url,
                                       .max_bytes = kLargestDocument,
                                       .etag = round.conditional ? last_.seen->etag : "",
                                       .past_caches = round.past_caches,
                                       .unsigned_document = !added_.key,
                                       .attempts = options_.attempts}));
  if (page.missing.empty()) return page;
  return Error{ErrorCode::kNetwork,
               fmt::format("{}: {}: {}", added_.alias, MaskUrl(url), page.missing),
               "a registry's URL is that of its folder, where a zoo.json is, or of its file"};
}

Result<Page> RegistryRun::GetSignature(const Round& round) {
  const std::string url = added_.document_url() + ".minisig";
  PageRequest request{.url = url,
                      .max_bytes = kLargestSignature,
                      .etag = round.conditional ? last_.seen->signature_etag : "",
                      .past_caches = round.past_caches,
                      .attempts = options_.attempts};
  if (!added_.key) {
    // Nothing hangs on it but a remark.
    request.attempts = 1;
    Result<Page> page = Get(request);
    return page || page.error().code == ErrorCode::kCancelled ? page : Result<Page>(Page());
  }
  ZOO_ASSIGN_OR_RETURN(Page page, Get(request));
  if (page.missing.empty()) return page;
  return Error{ErrorCode::kCorrupt,
               fmt::format("{}: it has no signature, and must be signed with {} ({}: {})",
                           added_.alias, added_.key->ToString(), MaskUrl(url), page.missing),
               "nothing was taken; ask its publisher"};
}

Result<Page> RegistryRun::Get(const PageRequest& request) {
  PageRun run(added_.alias, request, seams_, options_.cancel);
  Result<Page> page = run.Run();
  requests_ += run.requests();
  return page;
}

Result<RegistryIdentity> RegistryRun::Identify(const Page& document, const Page& signature) {
  Result<RegistryIdentity> identity =
      added_.key ? VerifyRegistry(document.body, signature.body, *added_.key)
                 : IdentityOf(document.body);
  worth_another_ = document.from_cache || signature.from_cache || (added_.key && !identity);
  if (identity) return identity;
  return Refused(std::move(identity).error());
}

Error RegistryRun::Refused(Error error) const {
  error.message = fmt::format("{}: {}", added_.alias, error.message);
  if (error.hint.empty()) error.hint = "nothing was taken; ask its publisher";
  return error;
}

Result<FetchedRegistry> RegistryRun::Check(const Page& document, const Page& signature) {
  ZOO_ASSIGN_OR_RETURN(const RegistryIdentity identity, Identify(document, signature));
  if (last_.seen) ZOO_RETURN_IF_ERROR(MayFollow(*last_.seen, identity, added_.alias));
  Result<Registry> registry =
      Registry::Parse(document.body, added_.alias, RegistryOrigin::kUrl, added_.document_url());
  if (!registry) return Refused(std::move(registry).error());
  FetchedRegistry fetched;
  fetched.seen = {
      .identity = identity,
      .entries = registry->size(),
      .etag = document.etag,
      .signature_etag = added_.key ? signature.etag : "",
      .private_host = document.private_host && (!last_.seen || last_.seen->private_host),
      .checked = Now(),
      .tried = Now()};
  if (!added_.key) {
    Result<Signature> other = Signature::Parse(signature.body);
    if (other) fetched.other_key = other->key;
  }
  fetched.copy = RegistryCopy{.document = document.body,
                              .signature = added_.key ? signature.body : "",
                              .registry = *std::move(registry)};
  return fetched;
}

FetchedRegistry RegistryRun::Unchanged(const Page& document, const Page& signature) const {
  FetchedRegistry fetched{.seen = *last_.seen};
  SeenRegistry& seen = fetched.seen;
  if (!document.etag.empty()) seen.etag = document.etag;
  if (!signature.etag.empty()) seen.signature_etag = signature.etag;
  seen.private_host = seen.private_host && document.private_host;
  seen.checked = seen.tried = Now();
  return fetched;
}

}  // namespace

Result<std::string> RegistryUrl(std::string_view text) {
  ZOO_ASSIGN_OR_RETURN(const Url url, ParseUrl(text));
  const auto bad = [&](std::string_view why) {
    return Error{ErrorCode::kUsage,
                 fmt::format("\"{}\" cannot be a registry's URL: {}", MaskUrl(text), why),
                 "write https://host/folder/ or https://host/folder/file.json"};
  };
  if (!url.user_info.empty()) return bad("it holds a user or a password");
  if (url.target.find_first_of("?@") != std::string::npos) return bad("it holds a query or an '@'");
  std::string whole = url.ToString();
  if (!whole.ends_with('/') && !whole.ends_with(".json")) whole += '/';
  return whole;
}

Result<FetchedRegistry> FetchRegistry(const AddedRegistry& added, const LastSeen& last,
                                      FetchSeams seams, const FetchOptions& options) {
  return RegistryRun(added, last, seams, options).Run();
}

Result<UpdatedRegistry> UpdateRegistry(const RegistriesLock& lock, const RegistryPlaces& places,
                                       const AddedRegistry& added, FetchSeams seams,
                                       const FetchOptions& options) {
  LastSeen last;
  ZOO_ASSIGN_OR_RETURN(last.seen, ReadSeen(places, added));
  last.have_copy = last.seen && CheckCopy(places, added, *last.seen).has_value();
  Result<FetchedRegistry> fetched = FetchRegistry(added, last, seams, options);
  if (!fetched) {
    if (last.seen && fetched.error().code != ErrorCode::kCancelled) {
      SeenRegistry tried = *last.seen;
      tried.tried = seams.clock.Date().time_since_epoch().count();
      (void)RememberSeen(lock, places, added, tried);
    }
    return std::move(fetched).error();
  }
  if (fetched->copy) {
    ZOO_RETURN_IF_ERROR(Remember(lock, places, added, *fetched->copy, fetched->seen));
  } else {
    ZOO_RETURN_IF_ERROR(RememberSeen(lock, places, added, fetched->seen));
  }
  return UpdatedRegistry{.before = std::move(last.seen),
                         .now = std::move(fetched->seen),
                         .other_key = fetched->other_key,
                         .requests = fetched->requests};
}

}  // namespace zoo
