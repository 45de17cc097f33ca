#include "zoo/cli/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "zoo/base/text.h"
#include "zoo/cli/layout.h"

namespace zoo::cli {
namespace {

constexpr int kUsualColumns = 80;
constexpr int kFewestColumns = 20;
constexpr int kMostColumns = 1000;
// A text column of a table is not shortened below this.
constexpr size_t kNarrowestColumn = 8;
constexpr std::string_view kEraseLine = "\r\x1b[K";

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The width of the terminal that `fd` is, or 0.
int WidthOf(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int ColumnsOf(int out_fd, int err_fd) {
  int columns = 0;
  std::string_view wanted = Variable("COLUMNS");
  std::from_chars(wanted.data(), wanted.data() + wanted.size(), columns);
  if (columns <= 0) columns = WidthOf(out_fd);
  if (columns <= 0) columns = WidthOf(err_fd);
  if (columns <= 0) columns = kUsualColumns;
  return std::clamp(columns, kFewestColumns, kMostColumns);
}

// 0, or the errno of the first failure.
int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// As a program ends that leaves SIGPIPE alone; ours ignores it for the sake of sockets.
[[noreturn]] void EndByBrokenPipe() {
  signal(SIGPIPE, SIG_DFL);
  raise(SIGPIPE);
  _exit(128 + SIGPIPE);
}

}  // namespace

Terminal::Terminal() : Terminal(STDOUT_FILENO, STDERR_FILENO) {}

Terminal::Terminal(int out_fd, int err_fd)
    : out_fd_(out_fd),
      err_fd_(err_fd),
      out_is_terminal_(isatty(out_fd) == 1),
      err_is_terminal_(isatty(err_fd) == 1 && Variable("TERM") != "dumb"),
      colour_(out_is_terminal_ && Variable("NO_COLOR").empty() && Variable("TERM") != "dumb"),
      columns_(ColumnsOf(out_fd, err_fd)) {}

void Terminal::Out(std::string_view text) {
  if (out_error_ != 0) return;
  if (out_is_terminal_) ClearStatus();
  out_error_ = WriteAll(out_fd_, text);
  if (out_error_ == EPIPE) EndByBrokenPipe();
}

void Terminal::ErrLine(std::string_view line) {
  ClearStatus();
  WriteAll(err_fd_, fmt::format("{}\n", line));
}

void Terminal::StatusLine(std::string_view line) {
  if (!err_is_terminal_) return;
  // The last column stays free: writing it makes some terminals go to the next line. The width is
  // asked again because windows change while a download runs.
  int width = WidthOf(err_fd_);
  int columns = (width > 0 ? width : columns_) - 1;
  WriteAll(err_fd_, fmt::format("{}{}", kEraseLine, CutToWidth(line, columns)));
  status_shown_ = true;
}

void Terminal::ClearStatus() {
  if (!status_shown_) return;
  WriteAll(err_fd_, kEraseLine);
  status_shown_ = false;
}

std::string Terminal::Bold(std::string_view text) const {
  return colour_ ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

Status Terminal::Finish() {
  ClearStatus();
  if (close(out_fd_) != 0 && out_error_ == 0 && errno != EBADF) out_error_ = errno;
  if (out_error_ == 0) return {};
  return Error{ErrorCode::kDisk,
               fmt::format("cannot write standard output: {}", std::strerror(out_error_)), ""};
}

namespace {

std::vector<size_t> ColumnWidths(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  return widths;
}

bool IsRight(const TableOptions& options, size_t column) {
  return column < options.right.size() && options.right[column];
}

// Takes out the columns for which there is no room.
void LeaveOut(std::vector<std::vector<std::string>>& rows, TableOptions& options) {
  auto take_out = [](auto& list, size_t column) {
    if (column < list.size()) list.erase(list.begin() + static_cast<ptrdiff_t>(column));
  };
  for (;;) {
    const std::vector<size_t> widths = ColumnWidths(rows);
    size_t total = widths.empty() ? 0 : 2 * (widths.size() - 1);
    for (size_t width : widths) total += width;
    auto highest = std::max_element(options.ranks.begin(), options.ranks.end());
    if (total <= static_cast<size_t>(options.room) || highest == options.ranks.end() ||
        *highest == 0) {
      return;
    }
    const auto column = static_cast<size_t>(highest - options.ranks.begin());
    for (auto& row : rows) take_out(row, column);
    take_out(options.right, column);
    take_out(options.ranks, column);
  }
}

// Narrows the widest text column, again and again, until the sum fits or nothing is left to give.
void Fit(std::vector<size_t>& widths, const TableOptions& options) {
  size_t total = 2 * (widths.size() - 1);
  for (size_t width : widths) total += width;
  while (total > static_cast<size_t>(options.columns)) {
    size_t* widest = nullptr;
    for (size_t i = 0; i < widths.size(); ++i) {
      if (IsRight(options, i) || widths[i] <= kNarrowestColumn) continue;
      if (widest == nullptr || widths[i] > *widest) widest = &widths[i];
    }
    if (widest == nullptr) return;
    --*widest;
    --total;
  }
}

}  // namespace

std::string FormatTable(std::vector<std::vector<std::string>> rows, TableOptions options) {
  if (!options.ranks.empty()) LeaveOut(rows, options);
  std::vector<size_t> widths = ColumnWidths(rows);
  if (widths.empty()) return std::string(rows.size(), '\n');
  if (options.columns > 0) Fit(widths, options);
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string cell = CutToWidth(row[i], static_cast<int>(widths[i]));
      std::string padding(widths[i] - DisplayWidth(cell), ' ');
      if (i > 0) line += "  ";
      line += IsRight(options, i) ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += (options.columns > 0 ? CutToWidth(line, options.columns) : line) + '\n';
  }
  return out;
}

}  // namespace zoo::cli
