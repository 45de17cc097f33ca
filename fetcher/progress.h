// Watching a pull: what the fetcher tells a caller while it works.
#ifndef ZOO_FETCHER_PROGRESS_H_
#define ZOO_FETCHER_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace zoo {

struct Progress {
  enum class Phase {
    kConnecting,  // a request goes out
    kReceiving,   // bytes arrive
    kWaiting,     // pausing before another attempt; `reason` says why, `wait` how long
    kVerifying,   // staged bytes are hashed again
    kDone,
  };
  Phase phase = Phase::kConnecting;
  std::string name;               // the entry
  std::string source;             // where from, fit to be printed (no secrets, escaped)
  uint64_t bytes = 0;             // staged so far, earlier runs included
  std::optional<uint64_t> total;  // bytes of the whole file, where known
  std::chrono::milliseconds wait{0};
  std::string reason;
};

// Called from the thread that pulls, at most about ten times a second while bytes arrive, and at
// each change of phase.
using ProgressCallback = std::function<void(const Progress&)>;

}  // namespace zoo

#endif  // ZOO_FETCHER_PROGRESS_H_
