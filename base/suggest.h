// "did you mean": the nearest of a set of names. Pure; any thread.
#ifndef ZOO_BASE_SUGGEST_H_
#define ZOO_BASE_SUGGEST_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace zoo {

// The candidate with the least edit distance (insert, delete, replace, swap of neighbours; case
// ignored) from `word`, if it is near enough to be a slip of the fingers: at most 1 + a fourth of
// the word's length. The first of equals. `word` itself may be of any length: only its first 128
// bytes are compared.
std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace zoo

#endif  // ZOO_BASE_SUGGEST_H_
