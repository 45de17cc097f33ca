#include "zoo/cli/progress_view.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/text.h"

namespace zoo::cli {
namespace {

using std::chrono::milliseconds;
using Phase = Progress::Phase;

constexpr uint64_t kMiB = 1 << 20;

Progress Receiving(uint64_t bytes, std::optional<uint64_t> total) {
  return {.phase = Phase::kReceiving,
          .name = "resnet50:IMAGENET1K_V2",
          .source = "https://a.example/resnet50.pth",
          .bytes = bytes,
          .total = total};
}

TEST(FormatDuration, IsShort) {
  constexpr std::pair<double, std::string_view> kRows[] = {
      {0, "0 s"},
      {-3, "0 s"},
      {NAN, "0 s"},
      {0.4, "0 s"},
      {0.5, "1 s"},
      {59.4, "59 s"},
      {59.6, "1 min 0 s"},
      {125, "2 min 5 s"},
      {3599.4, "59 min 59 s"},
      {3600, "1 h 0 min"},
      {86400 * 2.5, "60 h 0 min"},
      {1e300, "99 h 0 min"},
      {std::numeric_limits<double>::infinity(), "99 h 0 min"},
  };
  for (auto [seconds, text] : kRows) EXPECT_EQ(FormatDuration(seconds), text) << seconds;
}

TEST(Rate, IsSmoothed) {
  Rate rate;
  SteadyTime now;
  rate.Add(50 * kMiB, now);  // what an earlier run staged is no speed
  EXPECT_FALSE(rate.bytes_per_second());
  rate.Add(51 * kMiB, now);  // at the same instant
  EXPECT_FALSE(rate.bytes_per_second());
  now += milliseconds(1000);
  rate.Add(60 * kMiB, now);
  ASSERT_TRUE(rate.bytes_per_second());
  EXPECT_DOUBLE_EQ(*rate.bytes_per_second(), 10.0 * kMiB);
  now += milliseconds(3000);
  rate.Add(60 * kMiB, now);  // nothing came: down to 37 % of what it was
  EXPECT_NEAR(*rate.bytes_per_second(), 10.0 * kMiB * std::exp(-1), 1);
  rate.Add(1, now);  // the download began anew
  EXPECT_FALSE(rate.bytes_per_second());
}

TEST(FormatStatus, LeavesOutWhatHasNoRoom) {
  Progress half = Receiving(49 * kMiB, 98 * kMiB);
  double rate = 10.0 * kMiB;
  EXPECT_EQ(FormatStatus(half, rate, 80),
            "resnet50:IMAGENET1K_V2   50 %  49.0 MiB of 98.0 MiB  10.0 MiB/s  5 s left");
  EXPECT_EQ(FormatStatus(half, rate, 72),
            "resnet50:IMAGENET1...   50 %  49.0 MiB of 98.0 MiB  10.0 MiB/s  5 s left");
  EXPECT_EQ(FormatStatus(half, rate, 50), "resnet50:IMAGENET1...   50 %  10.0 MiB/s  5 s left");
  EXPECT_EQ(FormatStatus(half, rate, 40), "resnet50:IMAGENET1K_V2   50 %  5 s left");
  EXPECT_EQ(FormatStatus(half, rate, 30), "resnet50:I...   50 %  5 s left");
  EXPECT_EQ(FormatStatus(half, rate, 20), "resnet50:I...   50 %");
  EXPECT_EQ(FormatStatus(half, rate, 4), " ...");
}

TEST(FormatStatus, DoesWithoutTotalOrRate) {
  EXPECT_EQ(FormatStatus(Receiving(49 * kMiB, 98 * kMiB), std::nullopt, 80),
            "resnet50:IMAGENET1K_V2   50 %  49.0 MiB of 98.0 MiB");
  EXPECT_EQ(FormatStatus(Receiving(49 * kMiB, std::nullopt), 1024.0, 80),
            "resnet50:IMAGENET1K_V2  49.0 MiB  1.0 KiB/s");
  EXPECT_EQ(FormatStatus(Receiving(49 * kMiB, std::nullopt), 1024.0, 22), "resnet50:...  49.0 MiB");
  EXPECT_EQ(FormatStatus(Receiving(0, 0), 0.0, 80), "resnet50:IMAGENET1K_V2  0 B  0 B/s");
  // More than was promised is not more than all.
  EXPECT_EQ(FormatStatus(Receiving(99 * kMiB, 98 * kMiB), std::nullopt, 80),
            "resnet50:IMAGENET1K_V2  100 %  99.0 MiB of 98.0 MiB");
}

TEST(FormatStatus, TellsTheOtherPhases) {
  Progress progress{.name = "resnet18", .source = "https://a.example/f.pth"};
  EXPECT_EQ(FormatStatus(progress, std::nullopt, 80),
            "resnet18  connecting to https://a.example/f.pth");
  progress.phase = Phase::kWaiting;
  progress.reason = "the server is busy (503)";
  progress.wait = milliseconds(1200);
  EXPECT_EQ(FormatStatus(progress, std::nullopt, 80),
            "resnet18  the server is busy (503); again in 2 s");
  EXPECT_EQ(FormatStatus(progress, std::nullopt, 20), "resnet18  the ser...");
  progress.phase = Phase::kVerifying;
  EXPECT_EQ(FormatStatus(progress, std::nullopt, 80), "resnet18  verifying what is here already");
  progress.phase = Phase::kDone;
  EXPECT_EQ(FormatStatus(progress, std::nullopt, 80), "");
}

TEST(FormatStatus, NeverExceedsTheWidth) {
  for (int columns = 1; columns <= 100; ++columns) {
    for (uint64_t bytes : {uint64_t{0}, uint64_t{1023}, 49 * kMiB, uint64_t{1} << 40}) {
      for (std::optional<uint64_t> total : {std::optional<uint64_t>(), {0}, {98 * kMiB}, {bytes}}) {
        std::string line = FormatStatus(Receiving(bytes, total), 123456.0, columns);
        EXPECT_LE(DisplayWidth(line), static_cast<size_t>(columns)) << line;
      }
    }
  }
}

// The lines of a log for these events.
std::vector<std::string> Log(const std::vector<Progress>& events) {
  PlainProgress plain;
  std::vector<std::string> lines;
  for (const Progress& event : events) {
    if (auto line = plain.Next(event)) lines.push_back(*line);
  }
  return lines;
}

TEST(PlainProgress, IsALineForEachTenth) {
  std::vector<Progress> events = {Receiving(0, 98 * kMiB)};
  events[0].phase = Phase::kConnecting;
  for (uint64_t mib = 0; mib <= 98; ++mib) events.push_back(Receiving(mib * kMiB, 98 * kMiB));
  events.push_back(events.back());
  events.back().phase = Phase::kDone;
  EXPECT_EQ(Log(events), (std::vector<std::string>{
                             "resnet50:IMAGENET1K_V2: from https://a.example/resnet50.pth",
                             "resnet50:IMAGENET1K_V2: 10 %, 10.0 MiB of 98.0 MiB",
                             "resnet50:IMAGENET1K_V2: 20 %, 20.0 MiB of 98.0 MiB",
                             "resnet50:IMAGENET1K_V2: 30 %, 30.0 MiB of 98.0 MiB",
                             "resnet50:IMAGENET1K_V2: 40 %, 40.0 MiB of 98.0 MiB",
                             "resnet50:IMAGENET1K_V2: 50 %, 49.0 MiB of 98.0 MiB",
                             "resnet50:IMAGENET1K_V2: 60 %, 59.0 MiB of 98.0 MiB",
                             "resnet50:IMAGENET1K_V2: 70 %, 69.0 MiB of 98.0 MiB",
                             "resnet50:IMAGENET1K_V2: 80 %, 79.0 MiB of 98.0 MiB",
                             "resnet50:IMAGENET1K_V2: 90 %, 89.0 MiB of 98.0 MiB",
                             "resnet50:IMAGENET1K_V2: 100 %, 98.0 MiB of 98.0 MiB",
                         }));
}

TEST(PlainProgress, StartsWhereAnEarlierRunStopped) {
  EXPECT_EQ(Log({Receiving(60, 100), Receiving(69, 100), Receiving(70, 100), Receiving(100, 100)}),
            (std::vector<std::string>{"resnet50:IMAGENET1K_V2: 70 %, 70 B of 100 B",
                                      "resnet50:IMAGENET1K_V2: 100 %, 100 B of 100 B"}));
}

TEST(PlainProgress, IsQuietForAHitAndTellsPausesAndSources) {
  Progress done = Receiving(100, 100);
  done.phase = Phase::kDone;
  EXPECT_EQ(Log({done}), std::vector<std::string>());
  Progress connecting = Receiving(0, 100), other = connecting, waiting = connecting;
  connecting.phase = other.phase = Phase::kConnecting;
  other.source = "https://b.example/resnet50.pth";
  waiting.phase = Phase::kWaiting;
  waiting.wait = milliseconds(2000);
  EXPECT_EQ(
      Log({connecting, waiting, connecting, other}),
      (std::vector<std::string>{"resnet50:IMAGENET1K_V2: from https://a.example/resnet50.pth",
                                "resnet50:IMAGENET1K_V2: again in 2 s",
                                "resnet50:IMAGENET1K_V2: from https://b.example/resnet50.pth"}));
}

TEST(PlainProgress, StepsByBytesWhereTheSizeIsUnknown) {
  EXPECT_EQ(Log({Receiving(0, {}), Receiving(31 * kMiB, {}), Receiving(33 * kMiB, {})}),
            (std::vector<std::string>{"resnet50:IMAGENET1K_V2: 33.0 MiB"}));
}

}  // namespace
}  // namespace zoo::cli
