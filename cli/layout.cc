#include "zoo/cli/layout.h"

#include <algorithm>
#include <cstddef>
#include <ctime>

#include "zoo/base/text.h"

namespace zoo::cli {
namespace {

// The widest column of terms in a list of definitions; a wider term has its line to itself.
constexpr int kWidestTerm = 26;
constexpr std::string_view kDots = "...";

// Bytes of the longest start of `text` that takes at most `columns`, never parting a character.
size_t FittingBytes(std::string_view text, int columns) {
  size_t end = 0;
  int width = 0;
  while (end < text.size()) {
    size_t next = end + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80) ++next;
    width += static_cast<int>(DisplayWidth(text.substr(end, next - end)));
    if (width > columns) break;
    end = next;
  }
  return end;
}

std::string Blanks(int count) { return std::string(static_cast<size_t>(std::max(count, 0)), ' '); }

}  // namespace

std::string CutToWidth(std::string_view text, int columns) {
  if (static_cast<int>(DisplayWidth(text)) <= columns) return std::string(text);
  int dots = std::clamp(columns, 0, static_cast<int>(kDots.size()));
  std::string cut(text.substr(0, FittingBytes(text, columns - dots)));
  return cut.append(kDots.substr(0, static_cast<size_t>(dots)));
}

std::string Wrap(std::string_view text, const WrapOptions& options) {
  std::string out, line = Blanks(options.first_indent);
  bool empty = true;
  size_t at = 0;
  while ((at = text.find_first_not_of(" \n", at)) != std::string_view::npos) {
    size_t end = std::min(text.find_first_of(" \n", at), text.size());
    std::string_view word = text.substr(at, end - at);
    at = end;
    int wanted = static_cast<int>(DisplayWidth(line) + DisplayWidth(word)) + (empty ? 0 : 1);
    if (!empty && wanted > options.columns) {
      out += line + '\n';
      line = Blanks(options.indent);
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  return empty ? out : out + line + '\n';
}

std::string WrapParagraphs(std::string_view text, int columns) {
  std::string out, paragraph;
  auto finish = [&] {
    out += Wrap(paragraph, {.columns = columns});
    paragraph.clear();
  };
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) {
      finish();
      out += '\n';
    } else if (line[0] == ' ') {
      finish();
      int indent = static_cast<int>(std::min(line.find_first_not_of(' '), line.size()));
      out += Wrap(line, {.columns = columns, .first_indent = indent, .indent = indent + 4});
    } else {
      paragraph.append(line) += '\n';
    }
  }
  finish();
  return out;
}

std::string FormatLocalTime(int64_t seconds) {
  std::time_t time = seconds;
  std::tm local{};
  if (localtime_r(&time, &local) == nullptr) return "?";
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local)};
}

std::string FormatDefinitions(std::span<const Definition> definitions, int columns) {
  int widest = 0;
  for (const Definition& definition : definitions) {
    int width = static_cast<int>(DisplayWidth(definition.term));
    if (width <= kWidestTerm) widest = std::max(widest, width);
  }
  bool beside = columns >= 2 * (widest + 4);
  int indent = beside ? widest + 4 : 6;
  std::string out;
  for (const auto& [term, description] : definitions) {
    int width = static_cast<int>(DisplayWidth(term));
    if (description.empty()) {
      out += Wrap(term, {columns, 2, 4});
    } else if (beside && width <= widest) {
      std::string lines = Wrap(description, {columns, indent, indent});
      out += lines.replace(0, static_cast<size_t>(width) + 2, "  " + term);
    } else {
      out += Wrap(term, {columns, 2, 4}) + Wrap(description, {columns, indent, indent});
    }
  }
  return out;
}

}  // namespace zoo::cli
