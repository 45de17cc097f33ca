// Terminal: the only code that knows what a terminal is: its width, colour, overprinting.
// Everything else hands it plain text. One thread at a time.
//
//   Terminal terminal;
//   terminal.StatusLine("12 %");   // overprinted by the next one
//   terminal.Out(table);
//   if (Status written = terminal.Finish(); !written) ...   // a full disk is seen here
#ifndef ZOO_CLI_TERMINAL_H_
#define ZOO_CLI_TERMINAL_H_

#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"

namespace zoo::cli {

class Terminal {
 public:
  // Looks at standard output and error, COLUMNS, TERM and NO_COLOR.
  Terminal();
  // The same of any two descriptors, which stay the caller's.
  Terminal(int out_fd, int err_fd);

  bool out_is_terminal() const { return out_is_terminal_; }
  // Whether a status line can be overprinted: not where TERM is "dumb".
  bool err_is_terminal() const { return err_is_terminal_; }
  // COLUMNS, else those of the terminal, else 80; never less than 20.
  int columns() const { return columns_; }

  // Written at once. If the reader of a pipe went away, the process ends as SIGPIPE ends others;
  // any other failure is kept for Finish, and what follows it is dropped.
  void Out(std::string_view text);
  // A line on standard error that stays; a status line is taken away first.
  void ErrLine(std::string_view line);
  // A line on standard error that the next one overprints, cut to the width. Without a terminal
  // nothing: callers print plain lines.
  void StatusLine(std::string_view line);
  void ClearStatus();
  // Text in bold if standard output is a terminal and NO_COLOR is not set.
  std::string Bold(std::string_view text) const;

  // kDisk if any of the output could not be written. Call it once, last: it closes standard output,
  // because some file systems tell only then.
  Status Finish();

 private:
  int out_fd_, err_fd_;
  bool out_is_terminal_, err_is_terminal_, colour_;
  int columns_;
  bool status_shown_ = false;
  int out_error_ = 0;  // the first errno of writing standard output
};

// Columns aligned with two blanks between them; `right` says which are numbers. The last column is
// not padded; with `columns` > 0 lines are cut to that width by shortening the widest text column
// with "...". With `ranks`, columns of `rows` are left out until the lines are no wider than
// `room`: of those left the one of the highest rank, never one of rank 0.
struct TableOptions {
  std::vector<bool> right;
  int columns = 0;
  std::vector<int> ranks;
  int room = 0;
};
std::string FormatTable(std::vector<std::vector<std::string>> rows, TableOptions options);

}  // namespace zoo::cli

#endif  // ZOO_CLI_TERMINAL_H_
