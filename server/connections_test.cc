#include "zoo/server/connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>

#include "zoo/base/file.h"

namespace zoo {
namespace {

using std::chrono::seconds;

// A connection's two ends.
struct Pair {
  UniqueFd ours, theirs;

  Pair() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    ours = UniqueFd(ends[0]);
    theirs = UniqueFd(ends[1]);
  }
  // Whether the other end was told that nothing more comes.
  bool IsShutDown() const {
    char byte;
    return recv(theirs.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }
};

constexpr Connections::Limits kLimits = {
    .request = seconds(20), .answer = seconds(60), .least_bytes_a_second = 100};
constexpr Connections::Time kStart{seconds(1000)};

TEST(Connections, ARequestHasItsTime) {
  Connections connections(kLimits);
  Pair pair;
  connections.Opened(pair.ours.get(), kStart);
  connections.ShutDownLate(kStart + seconds(20));
  EXPECT_FALSE(pair.IsShutDown());
  connections.ShutDownLate(kStart + seconds(21));
  EXPECT_TRUE(pair.IsShutDown());
}

TEST(Connections, AnAnswerHasTimeByItsLength) {
  Connections connections(kLimits);
  Pair pair;
  connections.Opened(pair.ours.get(), kStart);
  connections.Answering(pair.ours.get(), 1000, kStart);
  connections.ShutDownLate(kStart + seconds(70));
  EXPECT_FALSE(pair.IsShutDown());
  // The next request has its own time again.
  connections.Waiting(pair.ours.get(), kStart + seconds(70));
  connections.ShutDownLate(kStart + seconds(90));
  EXPECT_FALSE(pair.IsShutDown());
  connections.Answering(pair.ours.get(), UINT64_MAX, kStart + seconds(90));
  connections.ShutDownLate(kStart + seconds(1'000'000));
  EXPECT_FALSE(pair.IsShutDown());
  connections.Answering(pair.ours.get(), 0, kStart);
  connections.ShutDownLate(kStart + seconds(61));
  EXPECT_TRUE(pair.IsShutDown());
}

TEST(Connections, AClosedOneIsLeftAlone) {
  Connections connections(kLimits);
  Pair pair;
  connections.Opened(pair.ours.get(), kStart);
  connections.Closed(pair.ours.get());
  connections.Waiting(pair.ours.get(), kStart);
  connections.ShutDownLate(kStart + seconds(100));
  EXPECT_EQ(connections.ShutDownIdle(), 0u);
  EXPECT_FALSE(pair.IsShutDown());
}

TEST(Connections, TheIdleOnesGoFirst) {
  Connections connections(kLimits);
  Pair idle, busy;
  connections.Opened(idle.ours.get(), kStart);
  connections.Opened(busy.ours.get(), kStart);
  connections.Answering(busy.ours.get(), 10, kStart);
  EXPECT_EQ(connections.ShutDownIdle(), 1u);
  EXPECT_TRUE(idle.IsShutDown());
  EXPECT_FALSE(busy.IsShutDown());
  connections.Waiting(busy.ours.get(), kStart);
  EXPECT_EQ(connections.ShutDownIdle(), 0u);
  EXPECT_TRUE(busy.IsShutDown());
}

}  // namespace
}  // namespace zoo
