#include "zoo/base/suggest.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <vector>

namespace zoo {
namespace {

constexpr size_t kLongest = 128;

char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Optimal string alignment (Damerau 1964): three rows of the usual table.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t differ = Lower(a[i - 1]) != Lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + differ});
      bool swapped = i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) &&
                     Lower(a[i - 2]) == Lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> candidates) {
  word = word.substr(0, kLongest);
  size_t best = 2 + word.size() / 4;  // one more than what is still near enough
  const std::string* nearest = nullptr;
  for (const std::string& candidate : candidates) {
    size_t lengths =
        std::max(candidate.size(), word.size()) - std::min(candidate.size(), word.size());
    if (lengths >= best) continue;
    size_t distance = Distance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = &candidate;
    }
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

}  // namespace zoo
