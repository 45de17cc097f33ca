#include "zoo/fetcher/reporter.h"

#include <utility>

namespace zoo {

Reporter::Reporter(ProgressCallback callback, Clock& clock, Progress start)
    : callback_(std::move(callback)), clock_(clock), progress_(std::move(start)) {}

void Reporter::Enter(Progress::Phase phase, uint64_t bytes) {
  progress_.phase = phase;
  progress_.bytes = bytes;
  progress_.wait = {};
  progress_.reason.clear();
  Tell();
}

void Reporter::Wait(std::chrono::milliseconds wait, std::string reason, uint64_t bytes) {
  progress_.phase = Progress::Phase::kWaiting;
  progress_.bytes = bytes;
  progress_.wait = wait;
  progress_.reason = std::move(reason);
  Tell();
}

void Reporter::Bytes(uint64_t bytes) {
  if (!callback_) return;
  progress_.bytes = bytes;
  if (clock_.Now() - last_ >= kInterval) Tell();
}

void Reporter::Tell() {
  if (!callback_) return;
  last_ = clock_.Now();
  callback_(progress_);
}

}  // namespace zoo
