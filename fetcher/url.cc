#include "zoo/fetcher/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "zoo/base/ascii.h"
#include "zoo/base/bytes.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr int kHttpPort = 80, kHttpsPort = 443;

int OwnPort(std::string_view scheme) { return scheme == "https" ? kHttpsPort : kHttpPort; }

Error BadUrl(std::string_view url, std::string_view why) {
  return {ErrorCode::kUsage,
          fmt::format("{} is not a URL that can be fetched: {}", Quote(MaskUrl(url)), why), ""};
}

bool IsForbidden(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; }

bool IsHostByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool IsIpv6Byte(char c) {
  return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == '.' || c == ':';
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[')) {
    return host.size() > 2 && host.ends_with(']') &&
           std::ranges::all_of(host.substr(1, host.size() - 2), IsIpv6Byte);
  }
  return !host.empty() && std::ranges::all_of(host, IsHostByte);
}

std::optional<int> ParsePort(std::string_view digits) {
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535) {
    return std::nullopt;
  }
  return port;
}

std::string Encoded(std::string_view path) {
  std::string encoded;
  for (char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += byte < 0x80 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return encoded;
}

// Splits "[user@]host[:port]" into `url`; false if it is none.
bool TakeAuthority(std::string_view authority, Url& url) {
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = AsciiLower(authority.substr(0, colon));
  url.port = OwnPort(url.scheme);
  if (colon != std::string_view::npos && colon + 1 < authority.size()) {
    const auto port = ParsePort(authority.substr(colon + 1));
    if (!port) return false;
    url.port = *port;
  }
  return IsHost(url.host);
}

std::string TargetOf(std::string_view path_and_query) {
  const std::string encoded = Encoded(path_and_query.substr(0, path_and_query.find('#')));
  return encoded.starts_with('/') ? encoded : "/" + encoded;
}

// The scheme of "scheme:..." in lower case; empty for a relative reference.
std::string SchemeOf(std::string_view text) {
  const size_t end = text.find_first_of(":/?#");
  if (end == std::string_view::npos || end == 0 || text[end] != ':') return "";
  return AsciiLower(text.substr(0, end));
}

Result<Url> ParseWithScheme(std::string_view whole, std::string scheme, std::string_view rest) {
  if (scheme != "http" && scheme != "https") {
    return BadUrl(whole, "it must begin with http:// or https://");
  }
  if (!rest.starts_with("//")) return BadUrl(whole, "it has no host");
  rest.remove_prefix(2);
  Url url{.scheme = std::move(scheme)};
  const size_t slash = rest.find_first_of("/?#");
  if (!TakeAuthority(rest.substr(0, slash), url)) return BadUrl(whole, "its host or port is wrong");
  url.target = TargetOf(slash == std::string_view::npos ? "" : rest.substr(slash));
  return url;
}

}  // namespace

std::string Url::ToString() const {
  const std::string shown_port = port == OwnPort(scheme) ? "" : fmt::format(":{}", port);
  return fmt::format("{}://{}{}{}", scheme, host, shown_port, target);
}

bool SameOrigin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

Result<Url> ParseUrl(std::string_view text) {
  if (std::ranges::any_of(text, IsForbidden)) {
    return BadUrl(text, "it holds a blank, a backslash or a control character");
  }
  std::string scheme = SchemeOf(text);
  const size_t skip = scheme.empty() ? 0 : scheme.size() + 1;
  return ParseWithScheme(text, std::move(scheme), text.substr(skip));
}

Result<Url> ResolveUrl(const Url& base, std::string_view reference) {
  if (!SchemeOf(reference).empty()) return ParseUrl(reference);
  if (std::ranges::any_of(reference, IsForbidden)) {
    return BadUrl(reference, "it holds a blank, a backslash or a control character");
  }
  if (reference.starts_with("//")) return ParseWithScheme(reference, base.scheme, reference);
  Url url = base;
  url.user_info.clear();
  const std::string_view path = std::string_view(base.target).substr(0, base.target.find('?'));
  if (reference.starts_with('/')) {
    url.target = TargetOf(reference);
  } else if (reference.starts_with('?')) {
    url.target = TargetOf(std::string(path) + std::string(reference));
  } else if (!reference.empty() && !reference.starts_with('#')) {
    url.target =
        TargetOf(std::string(path.substr(0, path.rfind('/') + 1)) + std::string(reference));
  }
  return url;
}

Result<std::filesystem::path> ParseFileUrl(std::string_view text) {
  const Error bad{ErrorCode::kUsage,
                  fmt::format("{} is not a file: URL of this machine", Quote(text)),
                  "write file:///folder/file"};
  if (SchemeOf(text) != "file") return bad;
  std::string_view path = text.substr(std::string_view("file:").size());
  if (path.starts_with("//")) {
    path.remove_prefix(2);
    if (path.starts_with("localhost/")) path.remove_prefix(std::string_view("localhost").size());
  }
  if (!path.starts_with('/')) return bad;
  std::string decoded;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded += path[i];
      continue;
    }
    const auto byte = FromHex(AsciiLower(path.substr(i + 1, 2)));
    if (!byte || byte->size() != 1) return bad;
    decoded += *byte;
    i += 2;
  }
  if (decoded.find('\0') != std::string::npos) return bad;
  return std::filesystem::path(decoded);
}

}  // namespace zoo
