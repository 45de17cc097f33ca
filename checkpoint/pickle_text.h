// The text forms of pickle protocols 0 and 1, and the strings of all: numbers, Python 2 string
// literals, \u escapes, UTF-8 that may hold lone surrogates. Pure functions; any thread.
#ifndef ZOO_CHECKPOINT_PICKLE_TEXT_H_
#define ZOO_CHECKPOINT_PICKLE_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zoo {

// An optional sign and digits, blanks around them and a final L allowed: the sign and digits
// without leading zeros. Nothing if it is not that.
std::optional<std::string> ParseDigits(std::string_view line);
// The number, if it fits.
std::optional<int64_t> ToInt64(std::string_view digits);
// "1.5", "1e-05", "nan", "inf", "-inf".
std::optional<double> ParseReal(std::string_view line);
// 'a\n\x41' or "...": the bytes.
std::optional<std::string> ParseLiteral(std::string_view line);
// Latin-1 with \uXXXX and \UXXXXXXXX: UTF-8.
std::optional<std::string> ParseRawUnicode(std::string_view line);
// Valid UTF-8, surrogates allowed as pickle writes them.
bool IsUtf8(std::string_view text, bool surrogates);
// UTF-8 whose characters are all below U+0100: one byte each. Nothing otherwise.
std::optional<std::string> ToLatin1(std::string_view utf8);
std::string FromLatin1(std::string_view latin1);
// A number of any length in two's complement, little-endian: decimal digits. Takes the square of
// the length.
std::string DecimalOf(std::string_view little_endian);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PICKLE_TEXT_H_
