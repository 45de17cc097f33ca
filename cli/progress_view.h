// Progress of a pull, as people see it: bytes, rate and time left in one overprinted line of a
// terminal, or a plain line for every ten per cent.
//
//   ProgressView view(terminal);
//   options.progress = [&](const Progress& p) { view.Show(p, steady_clock::now()); };
#ifndef ZOO_CLI_PROGRESS_VIEW_H_
#define ZOO_CLI_PROGRESS_VIEW_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "zoo/cli/terminal.h"
#include "zoo/fetcher/progress.h"

namespace zoo::cli {

using SteadyTime = std::chrono::steady_clock::time_point;

// "8 s", "2 min 5 s", "1 h 2 min"; at most 99 h.
std::string FormatDuration(double seconds);

// Bytes a second, smoothed over the last few seconds.
class Rate {
 public:
  // `bytes` in all at that time. Fewer than before (the download began anew) starts over.
  void Add(uint64_t bytes, SteadyTime now);
  // Nothing before there are two samples with time between them.
  std::optional<double> bytes_per_second() const { return rate_; }

 private:
  struct Sample {
    uint64_t bytes;
    SteadyTime time;
  };
  std::optional<Sample> last_;
  std::optional<double> rate_;
};

// One line for a terminal, never wider than `columns`: what there is no room for is left out, the
// least important first.
std::string FormatStatus(const Progress& progress, std::optional<double> bytes_per_second,
                         int columns);

// Which lines a log of plain lines gets: nothing, or the line for this event.
class PlainProgress {
 public:
  std::optional<std::string> Next(const Progress& progress);

 private:
  std::string name_, source_;
  std::optional<uint64_t> step_;  // tenths of the file, or steps of bytes, that were told
};

class ProgressView {
 public:
  // `terminal` must outlive the view.
  explicit ProgressView(Terminal& terminal) : terminal_(terminal) {}
  void Show(const Progress& progress, SteadyTime now);

 private:
  Terminal& terminal_;
  std::string name_;
  Rate rate_;
  PlainProgress plain_;
};

}  // namespace zoo::cli

#endif  // ZOO_CLI_PROGRESS_VIEW_H_
