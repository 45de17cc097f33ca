#include "zoo/cli/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/text.h"

namespace zoo::cli {
namespace {

// What is left to read of a descriptor that does not block.
std::string ReadAll(int fd) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, got);
  return text;
}

// A real terminal of a given width: what is written to `line` is read from `screen`.
class TerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"COLUMNS", "NO_COLOR"}) unsetenv(name);
    setenv("TERM", "xterm", 1);
    Open(40);
  }
  void Open(unsigned short columns) {
    winsize size{.ws_row = 24, .ws_col = columns};
    int screen = -1, line = -1;
    ASSERT_EQ(openpty(&screen, &line, nullptr, nullptr, &size), 0);
    termios raw{};
    tcgetattr(line, &raw);
    cfmakeraw(&raw);
    tcsetattr(line, TCSANOW, &raw);
    screen_ = UniqueFd(screen);
    line_ = UniqueFd(line);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    read_ = UniqueFd(ends[0]);
    write_ = UniqueFd(ends[1]);
  }
  UniqueFd screen_, line_, read_, write_;
};

TEST_F(TerminalTest, KnowsTerminalsAndTheirWidth) {
  Terminal both(line_.get(), line_.get());
  EXPECT_TRUE(both.out_is_terminal());
  EXPECT_TRUE(both.err_is_terminal());
  EXPECT_EQ(both.columns(), 40);
  Terminal out_piped(write_.get(), line_.get());
  EXPECT_FALSE(out_piped.out_is_terminal());
  EXPECT_EQ(out_piped.columns(), 40);
  Terminal none(write_.get(), write_.get());
  EXPECT_FALSE(none.err_is_terminal());
  EXPECT_EQ(none.columns(), 80);
}

TEST_F(TerminalTest, TakesTheWidthFromColumns) {
  constexpr std::pair<const char*, int> kRows[] = {
      {"100", 100}, {"7", 20}, {"0", 40}, {"-5", 40}, {"wide", 40}, {"99999", 1000}, {"", 40}};
  for (auto [value, columns] : kRows) {
    SCOPED_TRACE(value);
    setenv("COLUMNS", value, 1);
    EXPECT_EQ(Terminal(line_.get(), line_.get()).columns(), columns);
  }
}

TEST_F(TerminalTest, OverprintsStatusLinesAndClearsThemBeforeOthers) {
  Terminal terminal(line_.get(), line_.get());
  terminal.StatusLine("1 %");
  terminal.StatusLine("2 %");
  terminal.ErrLine("remark");
  terminal.ErrLine("another");
  terminal.StatusLine("3 %");
  terminal.Out("result\n");
  EXPECT_EQ(ReadAll(screen_.get()),
            "\r\x1b[K1 %\r\x1b[K2 %\r\x1b[Kremark\nanother\n\r\x1b[K3 %\r\x1b[Kresult\n");
}

TEST_F(TerminalTest, CutsStatusLinesToOneLessThanTheWidth) {
  for (unsigned short columns : {20, 40, 80}) {
    Open(columns);
    Terminal terminal(line_.get(), line_.get());
    terminal.StatusLine(std::string(100, 'x'));
    EXPECT_EQ(ReadAll(screen_.get()), "\r\x1b[K" + std::string(columns - 4, 'x') + "...");
  }
}

TEST_F(TerminalTest, FollowsAWindowThatChanges) {
  Terminal terminal(line_.get(), line_.get());
  winsize narrow{.ws_row = 24, .ws_col = 10};
  ASSERT_EQ(ioctl(line_.get(), TIOCSWINSZ, &narrow), 0);
  terminal.StatusLine("0123456789");
  EXPECT_EQ(ReadAll(screen_.get()), "\r\x1b[K012345...");
}

TEST_F(TerminalTest, SaysNothingOfStatusWhereItCannotOverprint) {
  Terminal piped(write_.get(), write_.get());
  piped.StatusLine("1 %");
  piped.ErrLine("remark");
  EXPECT_EQ(ReadAll(read_.get()), "remark\n");
  setenv("TERM", "dumb", 1);
  Terminal dumb(line_.get(), line_.get());
  EXPECT_FALSE(dumb.err_is_terminal());
  dumb.StatusLine("1 %");
  EXPECT_EQ(ReadAll(screen_.get()), "");
}

TEST_F(TerminalTest, IsBoldOnTerminalsThatWantIt) {
  EXPECT_EQ(Terminal(line_.get(), line_.get()).Bold("NAME"), "\x1b[1mNAME\x1b[0m");
  EXPECT_EQ(Terminal(write_.get(), line_.get()).Bold("NAME"), "NAME");
  setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(Terminal(line_.get(), line_.get()).Bold("NAME"), "NAME");
}

TEST_F(TerminalTest, TellsOfAFullDiskAtTheEnd) {
  Terminal terminal(open("/dev/full", O_WRONLY), write_.get());
  terminal.Out("result\n");
  terminal.Out("more\n");
  Status written = terminal.Finish();
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error(),
            (Error{ErrorCode::kDisk, "cannot write standard output: No space left on device", ""}));
}

TEST_F(TerminalTest, FinishesWellWhereAllWasWritten) {
  Terminal terminal(write_.release(), line_.get());
  terminal.Out("result\n");
  EXPECT_TRUE(terminal.Finish());
  EXPECT_EQ(ReadAll(read_.get()), "result\n");
}

TEST_F(TerminalTest, EndsAsOthersDoWhenTheReaderWentAway) {
  read_ = UniqueFd();
  EXPECT_EXIT(
      {
        signal(SIGPIPE, SIG_IGN);
        Terminal(write_.get(), write_.get()).Out("result\n");
      },
      testing::KilledBySignal(SIGPIPE), "^$");
}

const std::vector<std::vector<std::string>> kModels = {
    {"NAME", "PARAMS", "LICENCE"},
    {"resnet50:IMAGENET1K_V2", "25.6 M", "BSD-3-Clause"},
    {"熊猫", "1 M", ""},
};

TEST(FormatTable, AlignsColumns) {
  EXPECT_EQ(FormatTable(kModels, {.right = {false, true}}),
            "NAME                    PARAMS  LICENCE\n"
            "resnet50:IMAGENET1K_V2  25.6 M  BSD-3-Clause\n"
            "熊猫                       1 M\n");
}

TEST(FormatTable, ShortensTheWidestTextColumn) {
  EXPECT_EQ(FormatTable(kModels, {.right = {false, true}, .columns = 40}),
            "NAME                PARAMS  LICENCE\n"
            "resnet50:IMAGEN...  25.6 M  BSD-3-Clause\n"
            "熊猫                   1 M\n");
  EXPECT_EQ(FormatTable(kModels, {.right = {false, true}, .columns = 20}),
            "NAME      PARAMS ...\n"
            "resne...  25.6 M ...\n"
            "熊猫         1 M\n");
}

TEST(FormatTable, FitsEveryWidth) {
  for (int columns = 1; columns < 60; ++columns) {
    std::string table = FormatTable(kModels, {.right = {false, true}, .columns = columns});
    size_t lines = 0;
    for (size_t at = 0; at < table.size(); ++lines) {
      size_t end = table.find('\n', at);
      EXPECT_LE(DisplayWidth(table.substr(at, end - at)), static_cast<size_t>(columns));
      at = end + 1;
    }
    EXPECT_EQ(lines, kModels.size());
  }
}

TEST(FormatTable, TakesRowsOfAnyLength) {
  EXPECT_EQ(FormatTable({}, {}), "");
  EXPECT_EQ(FormatTable({{}}, {}), "\n");
  EXPECT_EQ(FormatTable({{"a"}, {"b", "c", "d"}, {}}, {}), "a\nb  c  d\n\n");
}

}  // namespace
}  // namespace zoo::cli
