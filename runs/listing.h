// A run as it is shown to people, whoever made it: from its run.json, or, where there is none, from
// the checkpoints in the folder. Reads only (a scan may be remembered); takes no lock, so a run may
// be looked at while it goes on. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(RunListing run, ListRun("saved"));
//   for (const RunRow& row : run.rows) ...
#ifndef ZOO_RUNS_LISTING_H_
#define ZOO_RUNS_LISTING_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/runs/history.h"
#include "zoo/runs/scan.h"

namespace zoo {

struct RunRow {
  std::optional<int64_t> epoch;  // a checkpoint without run.json may not tell
  std::string file;
  Metrics metrics;
  std::optional<uint64_t> size;  // of its file; nothing: it is not there
  bool pruned = false;           // run.json says that it need not be there
  bool best = false;
  std::string time;               // UTC, as in run.json; of a bare checkpoint its file's
  std::optional<double> seconds;  // that the epoch took, if that is known
};

struct SkippedFile {
  std::string file, reason;
};

struct RunListing {
  std::filesystem::path folder;
  bool recorded = false;  // from run.json
  std::string monitor;    // what decides which row is best; empty: nothing does
  Better better = Better::kLower;
  std::vector<RunRow> rows;  // by epoch; those without one last
  std::optional<int64_t> stopped;
  std::vector<SkippedFile> skipped;  // of a scan: files that are no checkpoints

  // Null if there is none.
  const RunRow* best() const;
  // The names of all metrics, in the order in which they appear first.
  std::vector<std::string> MetricNames() const;
};

struct ListingOptions {
  std::string monitor;           // another one than the run's; empty: the run's own
  std::optional<Better> better;  // likewise; of a bare folder the metric's name decides
  ScanOptions scan;
};

// kNotFound if there is no such folder, kDisk if it cannot be read, kCorrupt for a run.json that is
// none, kUsage if no row has the metric that is asked for.
Result<RunListing> ListRun(const std::filesystem::path& folder, const ListingOptions& options = {});

// "loss", "val_mae" ...: lower is better; of all others higher is.
Better GuessBetter(std::string_view metric);

}  // namespace zoo

#endif  // ZOO_RUNS_LISTING_H_
