#include "zoo/fetcher/reporter.h"

#include <gtest/gtest.h>

#include <vector>

#include "zoo/tests/support/manual_clock.h"

namespace zoo {
namespace {

using Phase = Progress::Phase;
using std::chrono::milliseconds;

struct Heard {
  std::vector<Progress> events;
  ManualClock clock;
  Reporter reporter{[this](const Progress& progress) { events.push_back(progress); },
                    clock,
                    {.name = "tiny", .total = 1000}};
};

TEST(ReporterTest, TellsOfBytesAtMostTenTimesASecond) {
  Heard heard;
  heard.reporter.Enter(Phase::kReceiving, 0);
  for (uint64_t bytes = 1; bytes <= 1000; ++bytes) {
    heard.clock.Advance(milliseconds(1));
    heard.reporter.Bytes(bytes);
  }
  ASSERT_EQ(heard.events.size(), 11u);
  EXPECT_EQ(heard.events[1].bytes, 100u);
  EXPECT_EQ(heard.events[10].bytes, 1000u);
  EXPECT_EQ(heard.events[10].total, 1000u);
  EXPECT_EQ(heard.events[10].name, "tiny");
}

TEST(ReporterTest, TellsOfEveryChangeOfPhaseAtOnce) {
  Heard heard;
  heard.reporter.SetSource("https://host/f");
  heard.reporter.Enter(Phase::kConnecting, 5);
  heard.reporter.Wait(milliseconds(700), "it answers 503 Service Unavailable", 5);
  heard.reporter.Enter(Phase::kConnecting, 5);
  ASSERT_EQ(heard.events.size(), 3u);
  EXPECT_EQ(heard.events[1].phase, Phase::kWaiting);
  EXPECT_EQ(heard.events[1].wait, milliseconds(700));
  EXPECT_EQ(heard.events[1].reason, "it answers 503 Service Unavailable");
  EXPECT_EQ(heard.events[1].source, "https://host/f");
  EXPECT_EQ(heard.events[2].reason, "");
  EXPECT_EQ(heard.events[2].wait, milliseconds(0));
}

TEST(ReporterTest, NobodyNeedListen) {
  ManualClock clock;
  Reporter reporter({}, clock, {});
  reporter.Enter(Phase::kReceiving, 0);
  reporter.Bytes(1);
  reporter.Wait(milliseconds(1), "", 1);
  EXPECT_TRUE(clock.sleeps().empty());
}

}  // namespace
}  // namespace zoo
