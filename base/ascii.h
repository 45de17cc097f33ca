// Letters of ASCII, whatever the locale. Pure; any thread.
#ifndef ZOO_BASE_ASCII_H_
#define ZOO_BASE_ASCII_H_

#include <string>
#include <string_view>

namespace zoo {

// A to Z become a to z; all else stays.
inline std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace zoo

#endif  // ZOO_BASE_ASCII_H_
