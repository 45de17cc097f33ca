#include "zoo/cli/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "zoo/cli/common_options.h"
#include "zoo/cli/described_command.h"
#include "zoo/cli/topics.h"
#include "zoo/cli/version.h"

namespace zoo::cli {
namespace {

// Text as troff reads it: no escapes, no requests, and hyphens that can be copied.
std::string Troff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

// Paragraphs and examples of a command's details.
std::string Details(std::string_view details) {
  std::string out;
  bool example = false;
  while (!details.empty()) {
    size_t end = std::min(details.find('\n'), details.size());
    std::string_view line = details.substr(0, end);
    details.remove_prefix(std::min(end + 1, details.size()));
    bool indented = !line.empty() && line[0] == ' ';
    if (indented != example) out += indented ? ".RS 2\n.nf\n" : ".fi\n.RE\n";
    example = indented;
    if (line.empty()) {
      out += ".PP\n";
    } else {
      out += Troff(line.substr(line.find_first_not_of(' '))) + '\n';
    }
  }
  return example ? out + ".fi\n.RE\n" : out;
}

std::string Term(std::string_view term, std::string_view description) {
  return fmt::format(".TP\n.B {}\n{}\n", Troff(term), Troff(description));
}

std::string CommandSection(const Command& command) {
  DescribedCommand described = Describe(command);
  std::string out = fmt::format(".SS {}\n{}.\n.PP\n{}", Troff(described.usage),
                                Troff(described.sentence), Details(command.details));
  for (const DescribedOption& option : described.options) {
    out += Term(option.term, option.description);
  }
  return out;
}

}  // namespace

std::string FormatManPage(std::span<const Command> commands) {
  std::string out = fmt::format(
      ".TH ZOO 1 \"\" \"zoo {}\"\n.SH NAME\nzoo \\- trained weights of models: find, download, "
      "verify, look into, run\n.SH SYNOPSIS\n.B zoo\n.I COMMAND\n[options] ...\n.SH COMMANDS\n",
      kVersion);
  for (const Command& command : commands) out += CommandSection(command);
  out += ".SH OPTIONS OF EVERY COMMAND\n";
  for (const CommonOption& option : CommonOptionTable()) {
    out += Term(fmt::format("{} {}", option.name, option.value), option.description);
  }
  for (const Topic& topic : Topics()) {
    out += fmt::format(".SH {}\n{}\n", topic.section, Troff(topic.before));
    for (const Definition& row : topic.definitions) out += Term(row.term, row.description);
  }
  return out;
}

}  // namespace zoo::cli
