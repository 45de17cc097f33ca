// Base64 as RFC 4648 section 4 has it, with its padding. One spelling for each string of bytes.
// Pure functions; any thread.
#ifndef ZOO_BASE_BASE64_H_
#define ZOO_BASE_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/bytes.h"

namespace zoo {

std::string ToBase64(ByteView bytes);
// The bytes of exactly the text that ToBase64 makes of them; nothing for any other text (blanks,
// line ends, missing padding, ones in the bits that no byte uses).
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace zoo

#endif  // ZOO_BASE_BASE64_H_
