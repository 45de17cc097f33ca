#include "zoo/fetcher/redirect.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "zoo/base/ascii.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr int kRedirects[] = {301, 302, 303, 307, 308};

bool IsRedirect(const ResponseHead& head) {
  return std::ranges::find(kRedirects, head.status) != std::end(kRedirects) && head.location;
}

Outcome NotFollowed(Outcome outcome, std::string why) {
  outcome.failure = NetFailure::kRedirect;
  outcome.detail = std::move(why);
  return outcome;
}

std::string Percent20(std::string_view location) {
  std::string encoded;
  for (char c : location) encoded += c == ' ' ? "%20" : std::string(1, c);
  return encoded;
}

// Where a redirect leads, or why it is not followed.
Result<Url> NextHop(const Url& from, const std::string& location) {
  ZOO_ASSIGN_OR_RETURN(Url next, ResolveUrl(from, Percent20(location)));
  if (from.scheme == "https" && next.scheme == "http") {
    return Error{
        ErrorCode::kNetwork,
        fmt::format("it redirects from https to http ({})", Escape(MaskUrl(next.ToString()))), ""};
  }
  return next;
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%';
    const auto byte = escape ? FromHex(AsciiLower(text.substr(i + 1, 2))) : std::nullopt;
    if (byte && byte->size() == 1) i += 2;
    decoded += byte && byte->size() == 1 ? *byte : std::string(1, text[i]);
  }
  return decoded;
}

}  // namespace

Hops GetFollowing(Transport& transport, const Url& url, HttpRequest request,
                  const Receiver& receiver) {
  Hops hops{.last = url};
  request.credentials = PercentDecoded(url.user_info);
  const Receiver final_only{
      .head = [&](const ResponseHead& head) { return !IsRedirect(head) && receiver.head(head); },
      .body = receiver.body};
  for (;;) {
    request.url = hops.last.ToString();
    hops.outcome = transport.Get(request, final_only);
    ++hops.requests;
    if (!IsRedirect(hops.outcome.head)) return hops;
    if (hops.requests > kMaxRedirects) {
      hops.outcome = NotFollowed(std::move(hops.outcome),
                                 fmt::format("it redirects more than {} times", kMaxRedirects));
      return hops;
    }
    Result<Url> next = NextHop(hops.last, *hops.outcome.head.location);
    if (!next) {
      hops.outcome = NotFollowed(std::move(hops.outcome), next.error().message);
      return hops;
    }
    if (!SameOrigin(*next, hops.last)) {
      request.credentials.clear();
      request.headers.clear();
    }
    request.private_addresses = request.private_addresses && hops.outcome.head.private_address;
    hops.last = *std::move(next);
    hops.last.user_info.clear();
  }
}

}  // namespace zoo
