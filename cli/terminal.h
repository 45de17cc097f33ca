// Terminal: the only code that knows what a terminal is: its width, colour, overprinting.
// Everything else hands it plain text.
#ifndef ZOO_CLI_TERMINAL_H_
#define ZOO_CLI_TERMINAL_H_

#include <string>
#include <string_view>
#include <vector>

namespace zoo::cli {

class Terminal {
 public:
  // Looks at standard output and error, COLUMNS, TERM and NO_COLOR.
  Terminal();

  bool out_is_terminal() const { return out_is_terminal_; }
  bool err_is_terminal() const { return err_is_terminal_; }
  int columns() const { return columns_; }  // of the terminal, 80 if there is none

  void Out(std::string_view text);
  // A line on standard error that stays; a status line is taken away first.
  void ErrLine(std::string_view line);
  // A line on standard error that the next one overprints, cut to the width. Without a terminal
  // nothing: callers print plain lines.
  void StatusLine(std::string_view line);
  void ClearStatus();
  // Text in bold if standard output is a terminal and NO_COLOR is not set.
  std::string Bold(std::string_view text) const;

 private:
  bool out_is_terminal_, err_is_terminal_, colour_;
  int columns_;
  bool status_shown_ = false;
};

// Columns aligned with two blanks between them; `right` says which are numbers. The last column is
// not padded; with `columns` > 0 lines are cut to that width by shortening the widest text column
// with "...".
struct TableOptions {
  std::vector<bool> right;
  int columns = 0;
};
std::string FormatTable(const std::vector<std::vector<std::string>>& rows,
                        const TableOptions& options);

}  // namespace zoo::cli

#endif  // ZOO_CLI_TERMINAL_H_
