#include "zoo/cli/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

#include "zoo/base/cancel.h"

namespace zoo::cli {
namespace {

// Each case is a process of its own: signals and the flag are the process's.
int Raised(int number) {
  CancelToken token = CatchInterrupts();
  if (token.cancelled() || WasInterrupted()) return 1;
  raise(number);
  if (!token.cancelled()) return 2;
  return WasInterrupted() ? 10 : 11;
}

TEST(CatchInterrupts, AsksTheWorkToStop) {
  EXPECT_EXIT(std::exit(Raised(SIGINT)), testing::ExitedWithCode(10), "");
  EXPECT_EXIT(std::exit(Raised(SIGTERM)), testing::ExitedWithCode(11), "");
  EXPECT_EXIT(std::exit(Raised(SIGHUP)), testing::ExitedWithCode(11), "");
}

TEST(CatchInterrupts, LetsTheSecondOneEndTheProcess) {
  EXPECT_EXIT((Raised(SIGINT), raise(SIGINT)), testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT((Raised(SIGTERM), raise(SIGTERM)), testing::KilledBySignal(SIGTERM), "");
}

TEST(CatchInterrupts, LeavesIgnoredSignalsIgnored) {
  EXPECT_EXIT((signal(SIGHUP, SIG_IGN), std::exit(Raised(SIGHUP))), testing::ExitedWithCode(2), "");
}

TEST(EndAtOnce, EndsTheProcessWithItsLastWords) {
  const auto end = [](int number) {
    CatchInterrupts();
    EndAtOnce guard({.err = "zoo: cancelled\n", .exit_code = 130, .other_exit_code = 9});
    raise(number);
  };
  EXPECT_EXIT(end(SIGINT), testing::ExitedWithCode(130), "^zoo: cancelled\n$");
  EXPECT_EXIT(end(SIGTERM), testing::ExitedWithCode(9), "^zoo: cancelled\n$");
}

TEST(EndAtOnce, LeavesWhatCameBeforeAndComesAfterToTheToken) {
  const auto end = [] {
    const CancelToken token = CatchInterrupts();
    { EndAtOnce guard({.exit_code = 130}); }
    raise(SIGTERM);
    EndAtOnce guard({.exit_code = 130});
    std::exit(token.cancelled() ? 10 : 11);
  };
  EXPECT_EXIT(end(), testing::ExitedWithCode(10), "");
}

}  // namespace
}  // namespace zoo::cli
