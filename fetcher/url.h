// URLs of artifacts, taken apart and put together again, so that what is judged is what is fetched.
// Pure; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(Url url, ParseUrl("https://host/a/b"));
//   ZOO_ASSIGN_OR_RETURN(Url next, ResolveUrl(url, "../c"));   // https://host/c
#ifndef ZOO_FETCHER_URL_H_
#define ZOO_FETCHER_URL_H_

#include <filesystem>
#include <string>
#include <string_view>

#include "zoo/base/result.h"

namespace zoo {

struct Url {
  std::string scheme;     // "http" or "https"
  std::string user_info;  // "user:password" as it stands in the URL; empty: none
  std::string host;       // lower case; IPv6 in brackets
  int port = 0;           // the scheme's own if the URL names none
  std::string target;     // path and query, beginning with '/'; never a fragment

  // For a request: without user and password.
  std::string ToString() const;
  bool operator==(const Url&) const = default;
};

// Same scheme, host and port.
bool SameOrigin(const Url& a, const Url& b);

// kUsage, with the URL masked, for anything but an absolute http or https URL: control characters
// and blanks are refused, bytes beyond ASCII are percent-encoded where a path may have them.
Result<Url> ParseUrl(std::string_view text);

// A reference as a Location header holds it (RFC 3986 section 5.2; dots are left to the server's
// path). User and password come only from `reference` itself.
Result<Url> ResolveUrl(const Url& base, std::string_view reference);

// The path of a `file:` URL of this machine; kUsage if it is not one.
Result<std::filesystem::path> ParseFileUrl(std::string_view text);

}  // namespace zoo

#endif  // ZOO_FETCHER_URL_H_
