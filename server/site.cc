#include "zoo/server/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/server/listen_address.h"
#include "zoo/server/listing.h"

namespace zoo {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kBytes = "application/octet-stream";
// What has its digest in its path is the same for ever; anything else may be another file tomorrow.
constexpr std::string_view kForEver = "public, max-age=31536000, immutable";
constexpr std::string_view kAskAgain = "no-cache";
// The page runs nothing, loads nothing, and stands in no frame.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

void AddHeader(Answer& answer, std::string_view name, std::string_view value) {
  answer.headers.emplace_back(name, value);
}

Answer TextAnswer(std::shared_ptr<const std::string> text, std::string_view type) {
  Answer answer{.length = text->size()};
  answer.text = std::move(text);
  AddHeader(answer, "Content-Type", type);
  AddHeader(answer, "X-Content-Type-Options", "nosniff");
  return answer;
}

Answer Refusal(int status, std::string_view why) {
  Answer answer = TextAnswer(std::make_shared<const std::string>(fmt::format("{}\n", why)), kText);
  answer.status = status;
  AddHeader(answer, "Cache-Control", kAskAgain);
  return answer;
}

// What failed here is for the one who runs the server to know.
Answer Failed(const Error& error) {
  if (error.code == ErrorCode::kDisk) {
    Answer answer = Refusal(503, "the cache cannot be read now");
    AddHeader(answer, "Retry-After", "10");
    return answer;
  }
  return Refusal(500, "the cache cannot be read");
}

Answer FileAnswer(BlobFile file) {
  Answer answer{.length = file.size};
  answer.file = std::move(file.fd);
  AddHeader(answer, "Content-Type", kBytes);
  AddHeader(answer, "X-Content-Type-Options", "nosniff");
  return answer;
}

// The part of an answer that the request asks for. Ranges are for GET alone.
Answer Selected(const Request& request, Answer whole, const Digest& digest,
                std::string_view caching) {
  Conditions conditions = request.conditions;
  if (request.method == "HEAD") conditions.range.reset();
  const std::string etag = fmt::format("\"{}\"", digest.hex());
  const uint64_t size = whole.length;
  const Part part = PartOf(conditions, etag, size);
  whole.status = part.status;
  whole.offset = part.offset;
  whole.length = part.length;
  AddHeader(whole, "ETag", etag);
  AddHeader(whole, "Accept-Ranges", "bytes");
  AddHeader(whole, "Cache-Control", caching);
  if (const std::string range = ContentRange(part, size); !range.empty()) {
    AddHeader(whole, "Content-Range", range);
  }
  if (part.length == 0) {
    whole.file = UniqueFd();
    whole.text.reset();
  }
  return whole;
}

Answer GeneratedAnswer(const Request& request, std::string text, std::string_view type) {
  const Digest digest = Digest::Of(AsBytes(text));
  Answer answer = TextAnswer(std::make_shared<const std::string>(std::move(text)), type);
  AddHeader(answer, "Content-Security-Policy", kPolicy);
  AddHeader(answer, "Referrer-Policy", "no-referrer");
  return Selected(request, std::move(answer), digest, kAskAgain);
}

// Fit to stand in a header between quotes, and to be a file of whoever saves it.
bool IsPlainFileName(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

Answer Site::Reply(const Request& request) {
  if (request.has_body) {
    Answer answer = Refusal(400, "a request with a body is not taken");
    AddHeader(answer, "Connection", "close");
    return answer;
  }
  if (request.method != "GET" && request.method != "HEAD") {
    Answer answer = Refusal(405, "only GET and HEAD are answered");
    AddHeader(answer, "Allow", "GET, HEAD");
    return answer;
  }
  if (options_.for_this_machine && !request.host.empty() && !IsAddressOrLocalhost(request.host)) {
    return Refusal(421, "this server is asked by address or as localhost");
  }
  const Route route = RouteOf(request.target);
  if (route.kind == Route::Kind::kRefused) return Refusal(route.status, route.subject);
  // In the order of Route::Kind.
  constexpr std::array kReplies = {&Site::Page, &Site::Index, &Site::Blob, &Site::Weights,
                                   &Site::Path};
  static_assert(kReplies.size() == static_cast<size_t>(Route::Kind::kRefused));
  return (this->*kReplies[static_cast<size_t>(route.kind)])(request, route);
}

Answer Site::Page(const Request& request, const Route&) {
  const Result<Listing> listing = MakeListing(collection_, store_);
  if (!listing) return Failed(listing.error());
  return GeneratedAnswer(request, PageOf(*listing), "text/html; charset=utf-8");
}

Answer Site::Index(const Request& request, const Route&) {
  const Result<Listing> listing = MakeListing(collection_, store_);
  if (!listing) return Failed(listing.error());
  return GeneratedAnswer(request, ToJson(*listing).Dump() + '\n', "application/json");
}

Answer Site::Blob(const Request& request, const Route& route) {
  Result<std::optional<BlobFile>> file = files_.Open(*route.digest);
  if (!file) return Failed(file.error());
  if (!*file) return Refusal(404, "that file is not in the cache");
  return Selected(request, FileAnswer(**std::move(file)), *route.digest, kForEver);
}

Answer Site::Weights(const Request& request, const Route& route) {
  const Result<const Entry*> entry = collection_.Find(route.subject);
  if (!entry) return Refusal(404, entry.error().Text());
  return FileOf(request, {*entry});
}

Answer Site::Path(const Request& request, const Route& route) {
  if (const Document* document = collection_.DocumentAt(route.subject)) {
    return Selected(request, TextAnswer(document->text, document->type), document->digest,
                    kAskAgain);
  }
  const std::vector<const Entry*> entries = collection_.EntriesAt(route.subject);
  if (entries.empty()) return Refusal(404, "no registry in force here knows that");
  return FileOf(request, entries);
}

Answer Site::FileOf(const Request& request, const std::vector<const Entry*>& entries) {
  for (const Entry* entry : entries) {
    const std::optional<Digest> digest = collection_.DigestOf(*entry);
    if (!digest) continue;
    Result<std::optional<BlobFile>> file = files_.Open(*digest);
    if (!file) return Failed(file.error());
    if (!*file) continue;
    Answer answer = FileAnswer(**std::move(file));
    if (IsPlainFileName(entry->artifact.file)) {
      AddHeader(answer, "Content-Disposition",
                fmt::format("attachment; filename=\"{}\"", entry->artifact.file));
    }
    return Selected(request, std::move(answer), *digest, kAskAgain);
  }
  return Refusal(404, fmt::format("{} is not in the cache", entries.front()->name()));
}

}  // namespace zoo
