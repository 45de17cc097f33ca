// Mirrors: rewrites of URL prefixes, tried before the original (ZOO_MIRROR). Pure; any thread.
#ifndef ZOO_FETCHER_MIRROR_H_
#define ZOO_FETCHER_MIRROR_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"

namespace zoo {

struct Mirror {
  std::string from, to;  // http or https URLs that end with '/'
};

// "https://a/=https://b/,..." -> mirrors in order; kUsage with the form if it is not that.
Result<std::vector<Mirror>> ParseMirrors(std::string_view text);

// The URLs that mirrors offer in the place of `url`, in order; empty if none covers it.
std::vector<std::string> MirrorsOf(std::string_view url, std::span<const Mirror> mirrors);

}  // namespace zoo

#endif  // ZOO_FETCHER_MIRROR_H_
