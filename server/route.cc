#include "zoo/server/route.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"

namespace zoo {
namespace {

using Kind = Route::Kind;

Route Refuse(int status, std::string why) {
  return {.kind = Kind::kRefused, .subject = std::move(why), .status = status};
}

Route Nowhere() { return Refuse(404, "there is nothing of that name here"); }

bool IsUrlByte(char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '#'; }

// What stands in a decoded part would mean something else to whoever splits the path once more.
bool IsForbidden(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
}

std::optional<char> HexPair(std::string_view digits) {
  std::string lower(digits);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  const std::optional<std::string> byte = FromHex(lower);
  if (!byte || byte->size() != 1) return std::nullopt;
  return byte->front();
}

// The part of a path without its escapes; nothing if one is wrong or hides what may not stand
// there.
std::optional<std::string> Decode(std::string_view part) {
  std::string decoded;
  for (size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '%') {
      decoded += part[i];
      continue;
    }
    const std::optional<char> byte = HexPair(part.substr(i + 1, 2));
    if (!byte || IsForbidden(*byte)) return std::nullopt;
    decoded += *byte;
    i += 2;
  }
  if (decoded == "." || decoded == "..") return std::nullopt;
  return decoded;
}

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

using Parts = std::vector<std::string>;

std::string Joined(const Parts& parts, size_t first) {
  return fmt::format("{}",
                     fmt::join(parts.begin() + static_cast<ptrdiff_t>(first), parts.end(), "/"));
}

Route Cas(const Parts& parts, std::string_view) {
  if (parts.size() != 2) return Nowhere();
  const Result<Digest> digest = Digest::FromHex(parts[1]);
  if (!digest) return Refuse(404, "behind /cas/ stand 64 lower-case hexadecimal digits");
  return {.kind = Kind::kBlob, .digest = *digest};
}

Route Weights(const Parts& parts, std::string_view) {
  if (parts.size() != 2 && parts.size() != 3) return Nowhere();
  return {.kind = Kind::kWeights, .subject = Joined(parts, 1)};
}

Route Registries(const Parts& parts, std::string_view) {
  return {.kind = Kind::kPath, .subject = "/" + Joined(parts, 0)};
}

// A URL's path and query are whatever its server made of them, so they are compared as they stand.
Route Original(const Parts&, std::string_view target) {
  return {.kind = Kind::kPath, .subject = std::string(target)};
}

struct Room {
  std::string_view name;
  Route (*route)(const Parts& parts, std::string_view target);
  bool query;  // whether there may be one
};
constexpr Room kRooms[] = {{"cas", Cas, false},
                           {"weights", Weights, false},
                           {"registries", Registries, false},
                           {"https", Original, true},
                           {"http", Original, true}};

}  // namespace

Route RouteOf(std::string_view target) {
  if (target.size() > kLongestTarget) return Refuse(414, "the path is too long");
  if (!target.starts_with('/')) return Refuse(400, "a path begins with a slash");
  if (!std::ranges::all_of(target, IsUrlByte)) {
    return Refuse(400, "the path has characters that a URL may not have");
  }
  const std::string_view path = target.substr(0, target.find('?'));
  const bool has_query = path.size() < target.size();
  if (path == "/" && !has_query) return {.kind = Kind::kPage};
  if (path == "/index.json" && !has_query) return {.kind = Kind::kIndex};
  Parts parts;
  bool empty = false;
  for (const std::string_view part : Split(path.substr(1))) {
    std::optional<std::string> decoded = Decode(part);
    if (!decoded) return Refuse(400, "a part of the path is not what a path may hold");
    empty = empty || decoded->empty();
    parts.push_back(*std::move(decoded));
  }
  const auto room = std::ranges::find(kRooms, parts.front(), &Room::name);
  if (empty || room == std::end(kRooms) || (has_query && !room->query)) return Nowhere();
  return room->route(parts, target);
}

std::optional<std::string> PathOfUrl(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const size_t end = url.find("://");
  const std::string_view scheme = url.substr(0, end);
  if (scheme != "http" && scheme != "https") return std::nullopt;
  const std::string_view rest = url.substr(end + 3);
  if (rest.substr(0, rest.find_first_of("/?")).find('@') != std::string_view::npos) {
    return std::nullopt;
  }
  std::string path = fmt::format("/{}/", scheme);
  for (const char c : rest) {  // as clients send it
    const auto byte = static_cast<unsigned char>(c);
    path += byte < 0x80 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return path;
}

}  // namespace zoo
