// Following redirects: at most ten, never from https to http, never from a public address to a
// private one. Each hop's request is built anew, and what a caller sends besides the range
// (credentials, headers) goes no further than the origin it was meant for.
#ifndef ZOO_FETCHER_REDIRECT_H_
#define ZOO_FETCHER_REDIRECT_H_

#include "zoo/fetcher/transport.h"
#include "zoo/fetcher/url.h"

namespace zoo {

constexpr int kMaxRedirects = 10;

struct Hops {
  Outcome outcome;   // of the last request; kRedirect if a redirect was not followed
  Url last;          // where that one went
  int requests = 0;  // made in all
};

// GETs `url` (whose user and password become the first hop's credentials) with the rest of
// `request`. The receiver sees only the reply that is not a redirect.
Hops GetFollowing(Transport& transport, const Url& url, HttpRequest request,
                  const Receiver& receiver);

}  // namespace zoo

#endif  // ZOO_FETCHER_REDIRECT_H_
