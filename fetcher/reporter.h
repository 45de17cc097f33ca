// Reporter: tells a caller's ProgressCallback how one pull is going, each change of phase at once
// and arriving bytes at most ten times a second. One thread.
#ifndef ZOO_FETCHER_REPORTER_H_
#define ZOO_FETCHER_REPORTER_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "zoo/fetcher/clock.h"
#include "zoo/fetcher/progress.h"

namespace zoo {

class Reporter {
 public:
  static constexpr std::chrono::milliseconds kInterval{100};

  // `callback` may be empty. `start` holds what is the same in every event: name and total.
  Reporter(ProgressCallback callback, Clock& clock, Progress start);

  void SetSource(std::string source) { progress_.source = std::move(source); }
  void SetTotal(uint64_t total) { progress_.total = total; }
  // Of kConnecting, kReceiving, kVerifying or kDone.
  void Enter(Progress::Phase phase, uint64_t bytes);
  void Wait(std::chrono::milliseconds wait, std::string reason, uint64_t bytes);
  void Bytes(uint64_t bytes);

 private:
  void Tell();

  ProgressCallback callback_;
  Clock& clock_;
  Progress progress_;
  std::chrono::milliseconds last_{0};  // when the callback was called
};

}  // namespace zoo

#endif  // ZOO_FETCHER_REPORTER_H_
