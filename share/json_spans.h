// Where the values of a JSON text stand in it, so that a document of many megabytes can be extended
// in place, and what nobody touched stays as it was written. Only brackets and strings are looked
// at: of what is no JSON the answer is kCorrupt or any spans inside the text, and whoever changes a
// text parses the result. Pure; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(const auto members, MembersOf(text, WholeText(text)));
//   const JsonMember* entries = FindMember(members, "entries");
//   ZOO_ASSIGN_OR_RETURN(const std::vector<JsonSpan> items, ItemsOf(text, entries->value));
#ifndef ZOO_SHARE_JSON_SPANS_H_
#define ZOO_SHARE_JSON_SPANS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"

namespace zoo {

// Bytes [begin, end) of a text.
struct JsonSpan {
  size_t begin = 0, end = 0;

  std::string_view In(std::string_view text) const { return text.substr(begin, end - begin); }
};

// A member of an object. Views into the text.
struct JsonMember {
  std::string_view key;  // as written: escapes are left alone
  JsonSpan value;
};

JsonSpan WholeText(std::string_view text);
// kCorrupt if there is no object at `object`, or no array at `array`, that ends where it does.
Result<std::vector<JsonMember>> MembersOf(std::string_view text, JsonSpan object);
Result<std::vector<JsonSpan>> ItemsOf(std::string_view text, JsonSpan array);
// Null if there is none of that name.
const JsonMember* FindMember(std::span<const JsonMember> members, std::string_view key);

// A part of a text, and what stands there from now on.
struct TextEdit {
  JsonSpan where;
  std::string text;
};
// Edits may touch, and must not overlap; those of one place are made in the order given.
std::string WithEdits(std::string_view text, std::vector<TextEdit> edits);

}  // namespace zoo

#endif  // ZOO_SHARE_JSON_SPANS_H_
