#include "zoo/loader/clause.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>

namespace zoo {
namespace {

constexpr size_t kWholeList = 5;
constexpr size_t kCutList = 3;

}  // namespace

std::string Clause(std::string_view what, const std::vector<std::string>& items) {
  const bool cut = items.size() > kWholeList;
  const auto end = cut ? items.begin() + kCutList : items.end();
  return fmt::format("{} {}{}", what, fmt::join(items.begin(), end, ", "),
                     cut ? fmt::format(" and {} more", items.size() - kCutList) : "");
}

}  // namespace zoo
