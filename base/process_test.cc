#include "zoo/base/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "zoo/base/cancel.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ProcessRequest Shell(const std::string& script) { return {.argv = {"sh", "-c", script}}; }

ProcessOutcome Done(const ProcessRequest& request) {
  auto outcome = RealProcess().Run(request, CancelToken());
  EXPECT_TRUE(outcome) << outcome.error().Text();
  return outcome ? *outcome : ProcessOutcome{.exit_code = -1};
}

// Runs `request` and cancels as soon as it has made the file `ready`.
Error Cancelled(const ProcessRequest& request, const std::filesystem::path& ready) {
  std::atomic<bool> flag = false;
  std::thread watcher([&] {
    while (!std::filesystem::exists(ready)) std::this_thread::yield();
    flag = true;
  });
  auto outcome = RealProcess().Run(request, CancelToken(&flag));
  watcher.join();
  return outcome ? Error{ErrorCode::kUsage, "it ended by itself", ""} : outcome.error();
}

// The writers of the pipe `path` that are alive keep it from ending; this waits until none is left.
bool WritersEnd(const UniqueFd& reader) {
  char byte;
  ssize_t got;
  while ((got = read(reader.get(), &byte, 1)) > 0) {
  }
  return got == 0;
}

TEST(Process, ExitCodesAndOutput) {
  const struct {
    std::string script;
    int exit_code;
    std::string output, errors;
  } rows[] = {
      {"exit 0", 0, "", ""},
      {"exit 7", 7, "", ""},
      {"echo out; echo err >&2; exit 1", 1, "out\n", "err\n"},
      {"printf 'a\\000b'", 0, std::string("a\0b", 3), ""},
      {"kill -TERM $$", 128 + SIGTERM, "", ""},
      {"kill -KILL $$", 128 + SIGKILL, "", ""},
      {"cat; echo end", 0, "end\n", ""},     // standard input is empty
      {"exec >&- 2>&-; exit 3", 3, "", ""},  // its output ends before it does
      {"echo $0 \"$@\"", 0, "sh\n", ""},
  };
  for (const auto& row : rows) {
    const ProcessOutcome outcome = Done(Shell(row.script));
    EXPECT_EQ(outcome.exit_code, row.exit_code) << row.script;
    EXPECT_EQ(outcome.output, row.output) << row.script;
    EXPECT_EQ(outcome.errors, row.errors) << row.script;
  }
}

TEST(Process, ArgumentsPassUntouched) {
  const std::string odd = "a b'\"$HOME\\\n*\xc3\xa9";
  EXPECT_EQ(Done({.argv = {"printf", "%s|%s", odd, ""}}).output, odd + "|");
}

TEST(Process, RunsInTheFolder) {
  TempDir folder;
  const std::string at = std::filesystem::canonical(folder.path());
  EXPECT_EQ(Done({.argv = {"pwd"}, .folder = at}).output, at + "\n");
  auto outcome = RealProcess().Run({.argv = {"pwd"}, .folder = at + "/none"}, CancelToken());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(),
            (Error{ErrorCode::kNotFound,
                   "cannot run pwd in " + at + "/none: No such file or directory", ""}));
}

// Far more than a pipe holds, on both streams at once: neither side may wait for the other.
TEST(Process, LongOutput) {
  const std::string script =
      "i=0; while [ $i -lt 3000 ]; do printf %0100d $i; printf %0100d $i >&2; i=$((i+1)); done";
  const ProcessOutcome outcome = Done(Shell(script));
  EXPECT_EQ(outcome.output.size(), 300000u);
  EXPECT_EQ(outcome.output, outcome.errors);
  EXPECT_TRUE(outcome.output.ends_with("0002999"));
}

TEST(Process, TheLastBytesAreKept) {
  ProcessRequest request = Shell("seq 100000; seq 3 >&2");
  request.max_output = 13;
  const ProcessOutcome outcome = Done(request);
  EXPECT_EQ(outcome.output, "99999\n100000\n");
  EXPECT_EQ(outcome.errors, "1\n2\n3\n");
  request.max_output = 0;
  EXPECT_EQ(Done(request).output, "");
}

TEST(Process, MissingPrograms) {
  TempDir folder;
  const std::string at = folder.path().native();
  folder.Write("text", "no program");
  const struct {
    std::string program;
    Error error;
  } rows[] = {
      {"no-such-program-\x1b",
       {ErrorCode::kNotFound, "cannot start no-such-program-\\x1b: No such file or directory", ""}},
      {at + "/none",
       {ErrorCode::kNotFound, "cannot start " + at + "/none: No such file or directory", ""}},
      {at + "/text", {ErrorCode::kNotFound, "cannot start " + at + "/text: Permission denied", ""}},
      {at, {ErrorCode::kNotFound, "cannot start " + at + ": Permission denied", ""}},
  };
  for (const auto& row : rows) {
    auto outcome = RealProcess().Run({.argv = {row.program, "x"}}, CancelToken());
    ASSERT_FALSE(outcome) << row.program;
    EXPECT_EQ(outcome.error(), row.error);
  }
  auto nothing = RealProcess().Run({}, CancelToken());
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error(), (Error{ErrorCode::kUsage, "no program was named", ""}));
}

TEST(Process, NoDescriptorIsInherited) {
  UniqueFd leak(open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  ASSERT_TRUE(leak.valid());
  ASSERT_GE(fcntl(leak.get(), F_DUPFD, 100), 100);
  // ls itself has one more open: the folder.
  EXPECT_EQ(Done({.argv = {"ls", "/proc/self/fd"}}).output, "0\n1\n2\n3\n");
}

TEST(Process, SignalsAreTheDefaultsAgain) {
  struct sigaction ignore {
  }, before;
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(sigaction(SIGINT, &ignore, &before), 0);
  sigset_t blocked, mask;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &mask), 0);
  EXPECT_EQ(Done(Shell("kill -INT $$; exit 0")).exit_code, 128 + SIGINT);
  EXPECT_EQ(Done(Shell("kill -USR1 $$; exit 0")).exit_code, 128 + SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  sigaction(SIGINT, &before, nullptr);
}

TEST(Process, CancelAsksTheChildToEnd) {
  TempDir folder;
  const std::string ready = folder.path() / "ready", asked = folder.path() / "asked";
  ProcessRequest request = Shell(
      "trap 'echo yes > \"$2\"; exit 0' TERM; : > \"$1\"; "
      "while :; do sleep 0.01; done");
  request.argv.insert(request.argv.end(), {"sh", ready, asked});
  request.grace = seconds(60);
  EXPECT_EQ(Cancelled(request, ready), (Error{ErrorCode::kCancelled, "sh was ended", ""}));
  EXPECT_EQ(*ReadFile(asked, 10), "yes\n");
}

TEST(Process, CancelEndsAChildThatDoesNotListen) {
  TempDir folder;
  const std::string ready = folder.path() / "ready";
  ProcessRequest request = Shell("trap '' TERM; : > \"$1\"; while :; do sleep 0.01; done");
  request.argv.insert(request.argv.end(), {"sh", ready});
  request.grace = milliseconds(20);
  EXPECT_EQ(Cancelled(request, ready), (Error{ErrorCode::kCancelled, "sh was ended", ""}));
}

TEST(Process, CancelReachesAChildThatClosedItsOutput) {
  TempDir folder;
  const std::string ready = folder.path() / "ready";
  ProcessRequest request = Shell("exec >&- 2>&-; : > \"$1\"; while :; do sleep 0.01; done");
  request.argv.insert(request.argv.end(), {"sh", ready});
  EXPECT_EQ(Cancelled(request, ready), (Error{ErrorCode::kCancelled, "sh was ended", ""}));
}

// A grandchild that ignores SIGTERM would live on when its parent has gone.
TEST(Process, CancelEndsTheWholeGroup) {
  TempDir folder;
  const std::string ready = folder.path() / "ready", pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  UniqueFd reader(open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(reader.valid());
  ASSERT_EQ(fcntl(reader.get(), F_SETFL, 0), 0);
  ProcessRequest request = Shell(
      "sh -c 'trap \"\" TERM; exec 3> \"$2\"; : > \"$1\"; while :; do sleep 0.01; done' sh \"$1\" "
      "\"$2\"; :");
  request.argv.insert(request.argv.end(), {"sh", ready, pipe});
  request.grace = seconds(60);
  EXPECT_EQ(Cancelled(request, ready), (Error{ErrorCode::kCancelled, "sh was ended", ""}));
  EXPECT_TRUE(WritersEnd(reader));
}

TEST(Process, AProgramThatIgnoresSigchld) {
  struct sigaction ignore {
  }, before;
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(sigaction(SIGCHLD, &ignore, &before), 0);
  auto outcome = RealProcess().Run(Shell("exit 1"), CancelToken());
  sigaction(SIGCHLD, &before, nullptr);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(),
            (Error{ErrorCode::kUnsupported,
                   "cannot learn how sh ended: this program ignores SIGCHLD", ""}));
}

TEST(Process, StandardStreamsMayBeClosed) {
  // In a child of the test, which has none of the three.
  EXPECT_EXIT(
      {
        for (int fd = 0; fd < 3; ++fd) close(fd);
        auto outcome = RealProcess().Run(Shell("echo out; echo err >&2"), CancelToken());
        const bool good = outcome && outcome->output == "out\n" && outcome->errors == "err\n";
        _exit(good ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace zoo
