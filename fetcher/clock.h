// The time seam: what time it is, and waiting. One of the four interfaces that tests replace.
// Safe to use from several threads.
#ifndef ZOO_FETCHER_CLOCK_H_
#define ZOO_FETCHER_CLOCK_H_

#include <chrono>

#include "zoo/base/cancel.h"

namespace zoo {

class Clock {
 public:
  virtual ~Clock() = default;
  // Never goes back; only differences mean anything.
  virtual std::chrono::milliseconds Now() = 0;
  // The date, to understand dates that servers send.
  virtual std::chrono::sys_seconds Date() = 0;
  // False, and early, if the token is cancelled.
  virtual bool Sleep(std::chrono::milliseconds duration, CancelToken cancel) = 0;
};

class SystemClock final : public Clock {
 public:
  std::chrono::milliseconds Now() override;
  std::chrono::sys_seconds Date() override;
  bool Sleep(std::chrono::milliseconds duration, CancelToken cancel) override;
};

}  // namespace zoo

#endif  // ZOO_FETCHER_CLOCK_H_
