// Which proxy the environment names for a URL, by curl's rules: http_proxy (lower case only: CGI
// sets the other from a request), https_proxy, all_proxy, no_proxy. Any thread.
#ifndef ZOO_FETCHER_PROXY_H_
#define ZOO_FETCHER_PROXY_H_

#include <string>

#include "zoo/fetcher/url.h"

namespace zoo {

// `get` is getenv, or what a test has in its place. Empty: no proxy.
std::string ProxyFor(const Url& url, char* (*get)(const char*));

}  // namespace zoo

#endif  // ZOO_FETCHER_PROXY_H_
