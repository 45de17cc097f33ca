#include "zoo/registry/source_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr size_t kLongestFileName = 255;
constexpr size_t kLongestUrl = 8192;
constexpr std::string_view kBeside = "files/";  // what a relative source begins with

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool IsBlankOrControl(char c) { return c == ' ' || IsControl(c); }

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool ConsistsOf(std::string_view text, std::string_view others) {
  return std::ranges::all_of(
      text, [&](char c) { return IsAlphanumeric(c) || others.find(c) != std::string_view::npos; });
}

bool IsRelative(std::string_view url) { return url.starts_with(kBeside); }

// No part begins with a dot, and nothing is encoded: the same file for every server and every disk.
std::optional<std::string> WrongRelative(std::string_view url, RegistryOrigin origin) {
  if (origin == RegistryOrigin::kBuiltin)
    return "is relative, and the built-in registry lies nowhere";
  for (size_t at = kBeside.size(); at <= url.size();) {
    std::string_view part = url.substr(at, url.find('/', at) - at);
    if (part.empty() || part.front() == '.' || !ConsistsOf(part, "._~+-")) {
      return "must be files/ and a path of letters, digits and ._~+- whose parts begin with no dot";
    }
    at += part.size() + 1;
  }
  return std::nullopt;
}

std::string Wrong(std::string_view text, std::string_view what) {
  return Quote(text) + " " + std::string(what);
}

}  // namespace

std::optional<std::string> WrongFileName(std::string_view name) {
  if (name.empty()) return Wrong(name, "is empty");
  if (name.size() > kLongestFileName) return Wrong(name, "is longer than 255 bytes");
  if (name == "." || name == "..") return Wrong(name, "is no file's name");
  if (name.find_first_of("/\\") != std::string_view::npos) {
    return Wrong(name, "is a path, not the name of a file");
  }
  if (std::ranges::any_of(name, IsControl)) return Wrong(name, "has a control character");
  return std::nullopt;
}

std::optional<std::string> WrongUrl(std::string_view url, RegistryOrigin origin) {
  auto wrong = [&](std::string_view what) { return fmt::format("\"{}\" {}", MaskUrl(url), what); };
  if (url.size() > kLongestUrl) return wrong("is longer than 8192 bytes");
  if (std::ranges::any_of(url, IsBlankOrControl)) {
    return wrong("has a blank or a control character");
  }
  if (url.starts_with("file:")) {
    if (origin != RegistryOrigin::kFile) {
      return wrong("is a file: URL, which only a registry read from a file may have");
    }
    if (!url.starts_with("file:///") || url.size() == std::string_view("file:///").size()) {
      return wrong("must be file:// and an absolute path");
    }
    return std::nullopt;
  }
  if (IsRelative(url)) {
    if (auto what = WrongRelative(url, origin)) return wrong(*what);
    return std::nullopt;
  }
  for (std::string_view scheme : {"https://", "http://"}) {
    if (!url.starts_with(scheme)) continue;
    std::string_view rest = url.substr(scheme.size());
    std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    std::string_view host = authority.substr(authority.rfind('@') + 1);
    if (host.empty() || host.front() == ':') return wrong("has no host");
    return std::nullopt;
  }
  return wrong("is neither an https:// nor an http:// URL nor files/NAME");
}

std::optional<std::string> WrongRequirement(std::string_view requirement) {
  size_t equal = requirement.find("==");
  std::string_view name = requirement.substr(0, equal);
  bool right = equal != std::string_view::npos && !name.empty() && IsAlphanumeric(name.front()) &&
               ConsistsOf(name, "._-") && requirement.size() > equal + 2 &&
               ConsistsOf(requirement.substr(equal + 2), ".+!");
  if (!right) return Wrong(requirement, "must be NAME==VERSION");
  return std::nullopt;
}

std::optional<std::string> WrongMember(std::string_view member) {
  if (member.find('\\') != std::string_view::npos || std::ranges::any_of(member, IsControl)) {
    return Wrong(member, "has a backslash or a control character");
  }
  for (size_t at = 0; at <= member.size();) {
    std::string_view part = member.substr(at, member.find('/', at) - at);
    if (part.empty() || part == "." || part == "..") {
      return Wrong(member, "must be a path inside the wheel");
    }
    at += part.size() + 1;
  }
  return std::nullopt;
}

std::string ResolveSource(const Entry& entry, const UrlSource& source) {
  return IsRelative(source.url) ? entry.base + source.url : source.url;
}

}  // namespace zoo
