#include "zoo/fetcher/proxy.h"

#include <initializer_list>
#include <string_view>

#include "zoo/base/ascii.h"
#include "zoo/fetcher/address.h"

namespace zoo {
namespace {

std::string FirstSet(std::initializer_list<const char*> names, char* (*get)(const char*)) {
  for (const char* name : names) {
    const char* value = get(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

std::string_view WithoutBrackets(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

// A host, a domain (with or without a dot before it), an address or a network.
bool Matches(std::string_view host, std::string_view item) {
  if (item == "*" || IsInNetwork(host, item)) return true;
  if (item.starts_with('.')) item.remove_prefix(1);
  if (item.ends_with('.')) item.remove_suffix(1);
  if (item.empty() || !host.ends_with(item)) return false;
  return host.size() == item.size() || host[host.size() - item.size() - 1] == '.';
}

bool IsExcepted(const Url& url, std::string_view no_proxy) {
  const std::string_view host = WithoutBrackets(url.host);
  while (!no_proxy.empty()) {
    const size_t end = no_proxy.find_first_of(", \t");
    const std::string_view item = WithoutBrackets(no_proxy.substr(0, end));
    if (!item.empty() && Matches(host, item)) return true;
    no_proxy = end == std::string_view::npos ? "" : no_proxy.substr(end + 1);
  }
  return false;
}

}  // namespace

std::string ProxyFor(const Url& url, char* (*get)(const char*)) {
  std::string proxy = url.scheme == "https" ? FirstSet({"https_proxy", "HTTPS_PROXY"}, get)
                                            : FirstSet({"http_proxy"}, get);
  if (proxy.empty()) proxy = FirstSet({"all_proxy", "ALL_PROXY"}, get);
  if (proxy.empty() || IsExcepted(url, AsciiLower(FirstSet({"no_proxy", "NO_PROXY"}, get))))
    return "";
  return proxy;
}

}  // namespace zoo
