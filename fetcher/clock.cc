#include "zoo/fetcher/clock.h"

#include <algorithm>
#include <thread>

namespace zoo {
namespace chrono = std::chrono;

chrono::milliseconds SystemClock::Now() {
  return chrono::duration_cast<chrono::milliseconds>(
      chrono::steady_clock::now().time_since_epoch());
}

chrono::sys_seconds SystemClock::Date() {
  return chrono::floor<chrono::seconds>(chrono::system_clock::now());
}

bool SystemClock::Sleep(chrono::milliseconds duration, CancelToken cancel) {
  constexpr chrono::milliseconds kStep(50);  // how late a cancellation may be seen
  const chrono::milliseconds end = Now() + duration;
  for (;;) {
    if (cancel.cancelled()) return false;
    const chrono::milliseconds left = end - Now();
    if (left <= chrono::milliseconds(0)) return true;
    std::this_thread::sleep_for(std::min(left, kStep));
  }
}

}  // namespace zoo
