#include "zoo/runs/standing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>

namespace zoo {
namespace {

// Nothing if it cannot be compared.
std::optional<double> Monitored(const RunHistory& history, const EpochRecord& record) {
  const double* value = FindMetric(record.metrics, history.monitor);
  if (history.monitor.empty() || value == nullptr || !std::isfinite(*value)) return std::nullopt;
  return *value;
}

// Those whose files are kept and whose value can be compared, the best first.
std::vector<const EpochRecord*> Ranked(const RunHistory& history) {
  std::vector<const EpochRecord*> ranked;
  for (const EpochRecord& record : history.epochs) {
    if (record.kept && Monitored(history, record)) ranked.push_back(&record);
  }
  std::ranges::stable_sort(ranked, [&](const EpochRecord* a, const EpochRecord* b) {
    return IsBetter(*Monitored(history, *a), *Monitored(history, *b), history.better);
  });
  return ranked;
}

}  // namespace

bool IsBetter(double value, double other, Better better) {
  return better == Better::kLower ? value < other : value > other;
}

void MarkBestAndLast(RunHistory& history) {
  const std::vector<const EpochRecord*> ranked = Ranked(history);
  history.best.reset();
  history.last.reset();
  if (!ranked.empty()) history.best = ranked.front()->epoch;
  for (EpochRecord& record : history.epochs) {
    record.best = record.epoch == history.best;
    if (record.kept) history.last = record.epoch;
  }
}

std::vector<int64_t> EpochsToPrune(const RunHistory& history, KeepRule keep) {
  if (keep.best == 0 && keep.last == 0) return {};
  std::set<int64_t> needed;
  if (history.best) needed.insert(*history.best);
  if (history.last) needed.insert(*history.last);
  const std::vector<const EpochRecord*> ranked = Ranked(history);
  for (size_t i = 0; i < ranked.size() && i < static_cast<size_t>(keep.best); ++i) {
    needed.insert(ranked[i]->epoch);
  }
  int last = 0;
  for (auto record = history.epochs.rbegin(); record != history.epochs.rend(); ++record) {
    if (record->kept && last++ < keep.last) needed.insert(record->epoch);
  }
  std::vector<int64_t> prune;
  for (const EpochRecord& record : history.epochs) {
    if (record.kept && !needed.contains(record.epoch)) prune.push_back(record.epoch);
  }
  return prune;
}

int64_t EpochsWithoutImprovement(const RunHistory& history, double min_delta) {
  std::optional<double> reached;
  int64_t waited = 0;
  const double toward = history.better == Better::kLower ? -min_delta : min_delta;
  for (const EpochRecord& record : history.epochs) {
    auto value = Monitored(history, record);
    ++waited;
    if (value && (!reached || IsBetter(*value, *reached + toward, history.better))) {
      reached = value;
      waited = 0;
    }
  }
  return waited;
}

}  // namespace zoo
