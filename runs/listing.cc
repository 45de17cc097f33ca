#include "zoo/runs/listing.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "zoo/base/ascii.h"
#include "zoo/base/file.h"
#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/runs/standing.h"
#include "zoo/runs/utc_time.h"

namespace zoo {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kSecond = 1'000'000'000;  // ns

// Parts of the names of metrics that are to go down.
constexpr std::string_view kLowerIsBetter[] = {"loss",       "err", "mae", "mse", "rmse", "ppl",
                                               "perplexity", "wer", "cer", "fid", "nll",  "bpc"};

// Nothing if there is no regular file.
std::optional<uint64_t> SizeOf(const fs::path& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(info.st_size);
}

RunListing OfHistory(RunHistory history, const fs::path& folder) {
  RunListing run{.folder = folder,
                 .recorded = true,
                 .monitor = std::move(history.monitor),
                 .better = history.better,
                 .stopped = history.stopped};
  for (EpochRecord& record : history.epochs) {
    run.rows.push_back({.epoch = record.epoch,
                        .file = record.file,
                        .metrics = std::move(record.metrics),
                        .size = SizeOf(folder / record.file),
                        .pruned = !record.kept,
                        .time = std::move(record.time),
                        .seconds = record.seconds});
  }
  return run;
}

RunListing OfScan(Scan scan, const fs::path& folder) {
  RunListing run{.folder = folder};
  for (ScannedFile& file : scan.files) {
    if (!file.skipped.empty()) {
      run.skipped.push_back({std::move(file.file), std::move(file.skipped)});
      continue;
    }
    run.rows.push_back({.epoch = file.facts.epoch,
                        .file = std::move(file.file),
                        .metrics = std::move(file.facts.metrics),
                        .size = file.stamp.size,
                        .time = FormatUtc(file.stamp.mtime_ns / kSecond)});
  }
  return run;
}

// A loss of data that the model was not trained on, else a loss, else what comes first.
std::string GuessMonitor(const std::vector<std::string>& names) {
  const std::string* found = nullptr;
  for (const std::string& name : names) {
    const std::string lowered = AsciiLower(name);
    if (lowered.find("loss") == std::string::npos) continue;
    const bool unseen =
        lowered.find("val") != std::string::npos || lowered.find("test") != std::string::npos;
    if (found == nullptr || unseen) found = &name;
    if (unseen) break;
  }
  if (found != nullptr) return *found;
  return names.empty() ? "" : names.front();
}

Status ChooseMonitor(RunListing& run, const ListingOptions& options) {
  const std::vector<std::string> names = run.MetricNames();
  if (!options.monitor.empty()) {
    if (std::ranges::find(names, options.monitor) == names.end()) {
      auto nearest = Nearest(options.monitor, names);
      return Error{ErrorCode::kUsage,
                   fmt::format("{}: no epoch has a metric {}", Escape(run.folder.native(), 1000),
                               Quote(options.monitor, 80)),
                   nearest ? fmt::format("did you mean {}?", Quote(*nearest, 80)) : ""};
    }
    if (options.monitor != run.monitor) run.better = GuessBetter(options.monitor);
    run.monitor = options.monitor;
  } else if (!run.recorded) {
    run.monitor = GuessMonitor(names);
    run.better = GuessBetter(run.monitor);
  }
  run.better = options.better.value_or(run.better);
  return {};
}

// As a run that goes on marks it: the first of the best whose files are there.
void MarkBest(RunListing& run) {
  RunRow* best = nullptr;
  double reached = 0;
  for (RunRow& row : run.rows) {
    const double* value = FindMetric(row.metrics, run.monitor);
    if (value == nullptr || !std::isfinite(*value) || !row.size) continue;
    if (best != nullptr && !IsBetter(*value, reached, run.better)) continue;
    best = &row;
    reached = *value;
  }
  if (best != nullptr) best->best = true;
}

}  // namespace

const RunRow* RunListing::best() const {
  auto found = std::ranges::find(rows, true, &RunRow::best);
  return found == rows.end() ? nullptr : &*found;
}

std::vector<std::string> RunListing::MetricNames() const {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (const RunRow& row : rows) {
    for (const auto& [name, value] : row.metrics) {
      if (seen.insert(name).second) names.push_back(name);
    }
  }
  return names;
}

Better GuessBetter(std::string_view metric) {
  const std::string lowered = AsciiLower(metric);
  const bool lower = std::ranges::any_of(kLowerIsBetter, [&](std::string_view part) {
    return lowered.find(part) != std::string::npos;
  });
  return lower ? Better::kLower : Better::kHigher;
}

Result<RunListing> ListRun(const fs::path& folder, const ListingOptions& options) {
  RunListing run;
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(folder / kRunHistoryFile, ignored))) {
    ZOO_ASSIGN_OR_RETURN(RunHistory history, ReadRunHistory(folder));
    run = OfHistory(std::move(history), folder);
  } else {
    ZOO_ASSIGN_OR_RETURN(Scan scan, ScanFolder(folder, options.scan));
    run = OfScan(std::move(scan), folder);
  }
  ZOO_RETURN_IF_ERROR(ChooseMonitor(run, options));
  MarkBest(run);
  return run;
}

}  // namespace zoo
