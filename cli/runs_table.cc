#include "zoo/cli/runs_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/cli/layout.h"
#include "zoo/cli/terminal.h"
#include "zoo/runs/metrics.h"
#include "zoo/runs/standing.h"
#include "zoo/runs/utc_time.h"

namespace zoo::cli {
namespace {

constexpr std::string_view kUnknown = "-";
constexpr size_t kNameBytes = 200;
constexpr size_t kMetricBytes = 24;  // of a metric's name, over its column
// What is left out first where there is no room: a rank below those of the metrics stays longer.
enum Rank { kAlways, kMonitored, kSizeRank, kMetricRank, kTookRank = 1000, kWhenRank, kFileRank };

// Numbers of one column, in one way.
struct NumberFormat {
  bool whole = true, fixed = true;

  void Take(double value) {
    if (!std::isfinite(value)) return;
    whole &= std::floor(value) == value && std::abs(value) < 1e9;
    fixed &= value == 0 || (std::abs(value) >= 1e-3 && std::abs(value) < 1e5);
  }
  std::string Print(double value) const {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    return whole   ? fmt::format("{:.0f}", value)
           : fixed ? fmt::format("{:.4f}", value)
                   : fmt::format("{:.4g}", value);
  }
};

std::string SizeText(const RunRow& row) {
  if (row.size) return FormatSize(*row.size);
  return row.pruned ? "pruned" : "gone";
}

// "0.4 s", "12 min", "3.1 h"
std::string TookText(const RunRow& row) {
  const double seconds = row.seconds.value_or(std::numeric_limits<double>::quiet_NaN());
  if (!std::isfinite(seconds) || seconds < 0) return std::string(kUnknown);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.1f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string WhenText(const RunRow& row) {
  auto seconds = ParseUtc(row.time);
  return seconds ? FormatLocalTime(*seconds) : std::string(kUnknown);
}

std::string EpochText(const RunRow& row) {
  return row.epoch ? fmt::format("{}", *row.epoch) : std::string(kUnknown);
}

// The table while it is made, column by column.
struct Columns {
  std::vector<std::vector<std::string>> rows;
  TableOptions options;

  template <typename Cell>
  void Add(const RunListing& run, std::string header, bool right, int rank, Cell cell) {
    rows.resize(run.rows.size() + 1);
    rows[0].push_back(std::move(header));
    for (size_t i = 0; i < run.rows.size(); ++i) rows[i + 1].push_back(cell(run.rows[i]));
    options.right.push_back(right);
    options.ranks.push_back(rank);
  }
};

void AddMetric(Columns& table, const RunListing& run, const std::string& name, int rank) {
  NumberFormat format;
  for (const RunRow& row : run.rows) {
    if (const double* value = FindMetric(row.metrics, name)) format.Take(*value);
  }
  table.Add(run, Escape(name, kMetricBytes), true, rank, [&](const RunRow& row) {
    const double* value = FindMetric(row.metrics, name);
    return value == nullptr ? std::string(kUnknown) : format.Print(*value);
  });
}

std::string BestText(const RunListing& run) {
  const RunRow* best = run.best();
  if (best == nullptr) return run.monitor.empty() ? "" : "; none is best";
  const double value = *FindMetric(best->metrics, run.monitor);
  const std::string which =
      best->epoch ? fmt::format("epoch {}", *best->epoch) : Escape(best->file, kNameBytes);
  return fmt::format("; best is {}, {} {:.6g} ({} is better)", which,
                     Escape(run.monitor, kMetricBytes), value, BetterName(run.better));
}

Json OrNull(const auto& value) { return value ? Json(*value) : Json(); }

// Ascending; equals stay in the order of epochs.
template <typename Key>
void SortBy(RunListing& run, Key key) {
  std::ranges::stable_sort(run.rows, {}, key);
}

}  // namespace

std::string RunHeading(const RunListing& run) {
  uint64_t bytes = 0;
  size_t files = 0;
  for (const RunRow& row : run.rows) {
    bytes += row.size.value_or(0);
    files += row.size.has_value();
  }
  const std::string name = Escape(run.folder.native(), 1000);
  const std::string checkpoints = Count(files, "checkpoint") + " of " + FormatSize(bytes);
  if (run.rows.empty()) return name + ": no epochs and no checkpoints";
  std::string heading =
      run.recorded ? fmt::format("{}: {}, {}", name, Count(run.rows.size(), "epoch"), checkpoints)
                   : fmt::format("{}: {}, no run.json", name, checkpoints);
  heading += BestText(run);
  if (run.stopped) heading += fmt::format("; stopped early after epoch {}", *run.stopped);
  return heading;
}

std::string RunTable(const RunListing& run, const RunTableOptions& options) {
  if (run.rows.empty()) return "";
  Columns table;
  table.Add(run, "", false, kMonitored, [](const RunRow& row) { return row.best ? "*" : ""; });
  table.Add(run, "EPOCH", true, kAlways, EpochText);
  int rank = kMetricRank;
  for (const std::string& name : run.MetricNames()) {
    // Of very many the last are left out first, but all before what follows.
    const int own = name == run.monitor ? kMonitored : rank;
    AddMetric(table, run, name, own);
    rank = std::min(rank + 1, kTookRank - 1);
  }
  table.Add(run, "SIZE", true, kSizeRank, SizeText);
  table.Add(run, "TOOK", true, kTookRank, TookText);
  table.Add(run, "SAVED", false, kWhenRank, WhenText);
  table.Add(run, "FILE", false, kFileRank,
            [](const RunRow& row) { return Escape(row.file, kNameBytes); });
  table.options.room = options.columns;
  if (options.cut) table.options.columns = options.columns;
  return FormatTable(std::move(table.rows), std::move(table.options));
}

Json RunJson(const RunListing& run) {
  Json::Array epochs, skipped;
  std::optional<int64_t> last;
  for (const RunRow& row : run.rows) {
    epochs.push_back(Json::Object{{"epoch", OrNull(row.epoch)},
                                  {"file", row.file},
                                  {"size", OrNull(row.size)},
                                  {"metrics", MetricsJson(row.metrics)},
                                  {"time", row.time.empty() ? Json() : Json(row.time)},
                                  {"seconds", row.seconds ? NumberJson(*row.seconds) : Json()},
                                  {"kept", row.size.has_value()},
                                  {"best", row.best}});
    if (row.size && row.epoch) last = std::max(row.epoch, last);
  }
  for (const SkippedFile& file : run.skipped) {
    skipped.push_back(Json::Object{{"file", file.file}, {"reason", file.reason}});
  }
  std::vector<std::string> names = run.MetricNames();
  const RunRow* best = run.best();
  return Json::Object{{"folder", run.folder.native()},
                      {"from", run.recorded ? "run.json" : "checkpoints"},
                      {"monitor", run.monitor.empty() ? Json() : Json(run.monitor)},
                      {"better", BetterName(run.better)},
                      {"metrics", Json::Array(names.begin(), names.end())},
                      {"epochs", std::move(epochs)},
                      {"best", best == nullptr ? Json() : OrNull(best->epoch)},
                      {"last", OrNull(last)},
                      {"stopped", OrNull(run.stopped)},
                      {"skipped", std::move(skipped)}};
}

Status SortRows(RunListing& run, std::string_view key) {
  constexpr double kLast = std::numeric_limits<double>::infinity();
  if (key == "epoch") return {};
  if (key == "size") {
    SortBy(run, [](const RunRow& row) { return -static_cast<double>(row.size.value_or(0)); });
  } else if (key == "time") {
    // Moments as texts of one form order as moments do.
    std::ranges::stable_sort(run.rows, std::greater<>(), &RunRow::time);
  } else if (key == "took") {
    SortBy(run, [](const RunRow& row) { return -row.seconds.value_or(0); });
  } else {
    std::vector<std::string> names = run.MetricNames();
    if (std::ranges::find(names, key) == names.end()) {
      for (const char* other : {"epoch", "size", "time", "took"}) names.emplace_back(other);
      auto nearest = Nearest(key, names);
      return Error{
          ErrorCode::kUsage,
          fmt::format("cannot sort {} by {}", Escape(run.folder.native(), 1000), Quote(key, 80)),
          nearest ? fmt::format("did you mean {}?", Escape(*nearest, 80))
                  : "sort by epoch, size, time, took or a metric"};
    }
    const Better better = key == run.monitor ? run.better : GuessBetter(key);
    SortBy(run, [&](const RunRow& row) {
      const double* value = FindMetric(row.metrics, key);
      if (value == nullptr || std::isnan(*value)) return kLast;
      return better == Better::kLower ? *value : -*value;
    });
  }
  return {};
}

}  // namespace zoo::cli
