// Text laid out for a number of columns, as a terminal counts them. Pure but for the time zone; any
// thread.
#ifndef ZOO_CLI_LAYOUT_H_
#define ZOO_CLI_LAYOUT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace zoo::cli {

// The text if it is no wider than `columns`, else its start and "..." (as many of the dots as fit).
std::string CutToWidth(std::string_view text, int columns);

struct WrapOptions {
  int columns = 80;
  int first_indent = 0;  // blanks before the first line
  int indent = 0;        // blanks before the others
};

// The words of one paragraph in lines of at most `columns`, each with its newline. A word that is
// wider than a line stands alone on one.
std::string Wrap(std::string_view text, const WrapOptions& options);

// Paragraphs, as a command's details are written: a blank line parts two paragraphs; a line that
// begins with a blank is kept as a line of its own, its indentation repeated if it must be wrapped.
std::string WrapParagraphs(std::string_view text, int columns);

// "2026-11-24 15:30", in the user's time zone; `seconds` since 1970.
std::string FormatLocalTime(int64_t seconds);

// Two columns: a term and its description, wrapped beside it, or below where there is no room.
struct Definition {
  std::string term, description;
};
std::string FormatDefinitions(std::span<const Definition> definitions, int columns);

}  // namespace zoo::cli

#endif  // ZOO_CLI_LAYOUT_H_
