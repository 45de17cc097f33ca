// Text from outside, made fit to print: nothing that a server, a file or an archive says reaches a
// terminal or a log unescaped. Pure functions; any thread.
#ifndef ZOO_BASE_TEXT_H_
#define ZOO_BASE_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace zoo {

// The text with every control character (C0, C1, DEL), invisible character, bidirectional override,
// invalid UTF-8 byte, quote and backslash written as an escape (\n, \x1b, \u202e), cut after
// `max_bytes` of the source with "...". Printable letters of any script stay.
std::string Escape(std::string_view text, size_t max_bytes = 200);

// Escape() in double quotes.
std::string Quote(std::string_view text, size_t max_bytes = 200);

// A URL fit to be printed: user, password, query and fragment are replaced by "***".
std::string MaskUrl(std::string_view url);

// "1 tensor", "2 tensors".
std::string Count(uint64_t count, std::string_view noun);

// Columns that the text takes on a terminal: wide East Asian characters count two, combining marks
// none.
size_t DisplayWidth(std::string_view utf8);

}  // namespace zoo

#endif  // ZOO_BASE_TEXT_H_
