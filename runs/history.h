// RunHistory: what a training run has been through, epoch by epoch, and its text, the file run.json
// of the run's folder. docs/runs.md draws it. Values and pure functions; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(RunHistory history, ParseRunHistory(text));
//   if (const EpochRecord* best = history.Find(history.best)) Use(best->file);
//
// What this version does not know is kept, and printed again after what it knows.
#ifndef ZOO_RUNS_HISTORY_H_
#define ZOO_RUNS_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/runs/metrics.h"  // IWYU pragma: export

namespace zoo {

// Whether the smaller or the larger of two values of a metric is the better one.
enum class Better { kLower, kHigher };
std::string_view BetterName(Better better);  // "lower", "higher"

// One epoch that was saved.
struct EpochRecord {
  int64_t epoch = 0;    // from 0 on
  std::string file;     // a plain name: the file lies in the run's folder
  Metrics metrics;      // NaN and infinities too
  std::string time;     // when it was recorded, UTC: "2026-11-24T15:30:00Z"
  double seconds = 0;   // that the epoch took, as the caller said
  bool kept = true;     // false: its file was pruned
  bool best = false;    // it is the history's `best`
  Json::Object others;  // fields that this version does not know

  bool operator==(const EpochRecord&) const = default;
};

struct RunHistory {
  std::string monitor;  // the metric that says which epoch is best; empty: none does
  Better better = Better::kLower;
  std::vector<EpochRecord> epochs;  // rising, no epoch twice, no file twice
  std::optional<int64_t> best;      // the best epoch whose file is kept
  std::optional<int64_t> last;      // the last epoch whose file is kept
  std::optional<int64_t> stopped;   // the epoch after which the run was told to stop
  Json::Object others;              // fields that this version does not know

  // Null if there is no such epoch, or none is asked for.
  const EpochRecord* Find(std::optional<int64_t> epoch) const;

  bool operator==(const RunHistory&) const = default;
};

inline constexpr std::string_view kRunHistoryFile = "run.json";
// Of run.json: some 200,000 epochs.
inline constexpr size_t kMaxRunHistoryBytes = size_t{64} << 20;

// kCorrupt for what is no history, naming the place ("epochs[3].file"); kUnsupported for one of
// another version. Files have plain names or it is kCorrupt, so what is parsed leads nowhere else.
Result<RunHistory> ParseRunHistory(std::string_view text);

// The history of the run in a folder; messages begin with the file. kNotFound if there is none.
Result<RunHistory> ReadRunHistory(const std::filesystem::path& folder);

// JSON with a final newline. Values that JSON lacks are the strings "nan", "inf" and "-inf".
std::string PrintRunHistory(const RunHistory& history);

// Whether a run may call a checkpoint so: a name in the folder itself, of at most 255 bytes, not
// hidden, UTF-8 without control characters, and not run.json or a file on its way to a name.
bool IsCheckpointName(std::string_view name);

}  // namespace zoo

#endif  // ZOO_RUNS_HISTORY_H_
