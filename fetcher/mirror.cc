#include "zoo/fetcher/mirror.h"

#include <fmt/format.h>

#include "zoo/base/text.h"
#include "zoo/fetcher/url.h"

namespace zoo {
namespace {

bool IsPrefix(std::string_view url) { return url.ends_with('/') && ParseUrl(url).has_value(); }

}  // namespace

Result<std::vector<Mirror>> ParseMirrors(std::string_view text) {
  std::vector<Mirror> mirrors;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    if (item.empty()) continue;
    const size_t equals = item.find("/=http");
    const bool whole = equals != std::string_view::npos && IsPrefix(item.substr(0, equals + 1)) &&
                       IsPrefix(item.substr(equals + 2));
    if (!whole) {
      return Error{ErrorCode::kUsage, fmt::format("{} is not a mirror", Quote(MaskUrl(item))),
                   "write https://from/=https://to/ (both URLs end with /; several are separated "
                   "by commas)"};
    }
    mirrors.push_back(
        {std::string(item.substr(0, equals + 1)), std::string(item.substr(equals + 2))});
  }
  return mirrors;
}

std::vector<std::string> MirrorsOf(std::string_view url, std::span<const Mirror> mirrors) {
  std::vector<std::string> urls;
  for (const Mirror& mirror : mirrors) {
    if (url.starts_with(mirror.from)) {
      urls.push_back(mirror.to + std::string(url.substr(mirror.from.size())));
    }
  }
  return urls;
}

}  // namespace zoo
