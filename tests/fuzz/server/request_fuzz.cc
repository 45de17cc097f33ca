// What a client may say, one thing a line: the target, then Range, If-Range, If-Match and
// If-None-Match. No part of a route may climb or split, and what is sent must lie in the file.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/server/conditions.h"
#include "zoo/server/route.h"

namespace zoo {
namespace {

constexpr std::string_view kTag = "\"abc\"";

bool MayStand(std::string_view part) {
  return !part.empty() && part != "." && part != ".." &&
         part.find_first_of(std::string_view("\\\0\r\n", 4)) == std::string_view::npos;
}

void CheckRoute(std::string_view target) {
  const Route route = RouteOf(target);
  const bool refused = route.kind == Route::Kind::kRefused;
  if (refused != (route.status != 0)) std::abort();
  if ((route.kind == Route::Kind::kBlob) != route.digest.has_value()) std::abort();
  if (route.kind != Route::Kind::kWeights && route.kind != Route::Kind::kPath) return;
  std::string_view rest = route.subject;
  rest = rest.substr(0, rest.find('?'));
  if (route.kind == Route::Kind::kPath) rest.remove_prefix(1);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (!MayStand(part)) std::abort();
    rest.remove_prefix(part.size());
    if (!rest.empty()) rest.remove_prefix(1);
  }
}

void CheckPart(const Conditions& conditions) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{100}, UINT64_MAX}) {
    const Part part = PartOf(conditions, kTag, size);
    if (part.offset > size || part.length > size - part.offset) std::abort();
    if (part.status == 206 && part.length == 0) std::abort();
    if (ContentRange(part, size).empty() != (part.status != 206 && part.status != 416)) {
      std::abort();
    }
  }
}

}  // namespace
}  // namespace zoo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::optional<std::string>, 5> lines;
  for (auto& line : lines) {
    const size_t end = rest.find('\n');
    if (!rest.empty()) line = std::string(rest.substr(0, end));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  zoo::CheckRoute(lines[0].value_or(""));
  (void)zoo::PathOfUrl(lines[0].value_or(""));
  zoo::CheckPart({lines[1], lines[2], lines[3], lines[4]});
  return 0;
}
