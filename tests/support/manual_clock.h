// A clock that only moves when somebody sleeps on it: tests assert that a wait happened and take
// none. One thread.
#ifndef ZOO_TESTS_SUPPORT_MANUAL_CLOCK_H_
#define ZOO_TESTS_SUPPORT_MANUAL_CLOCK_H_

#include <chrono>
#include <vector>

#include "zoo/fetcher/clock.h"

namespace zoo {

class ManualClock final : public Clock {
 public:
  std::chrono::milliseconds Now() override { return now_; }
  // 24 November 2026, noon, and on from there.
  std::chrono::sys_seconds Date() override {
    return std::chrono::sys_seconds(std::chrono::seconds(1795521600)) +
           std::chrono::duration_cast<std::chrono::seconds>(now_);
  }
  bool Sleep(std::chrono::milliseconds duration, CancelToken cancel) override {
    sleeps_.push_back(duration);
    now_ += duration;
    return !cancel.cancelled();
  }

  void Advance(std::chrono::milliseconds duration) { now_ += duration; }
  const std::vector<std::chrono::milliseconds>& sleeps() const { return sleeps_; }

 private:
  std::chrono::milliseconds now_{0};
  std::vector<std::chrono::milliseconds> sleeps_;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_MANUAL_CLOCK_H_
