// Where a run stands, by its history alone: which epoch is best, which files need not be kept, for
// how long nothing got better. Nothing is remembered beside the history, so a run that goes on
// after a kill counts on where it was. Pure; any thread.
//
//   MarkBestAndLast(history);
//   for (int64_t epoch : EpochsToPrune(history, {.best = 3, .last = 2})) ...
//
// A value of the monitored metric that is NaN or infinite, or missing, is never the best.
#ifndef ZOO_RUNS_STANDING_H_
#define ZOO_RUNS_STANDING_H_

#include <cstdint>
#include <vector>

#include "zoo/runs/history.h"

namespace zoo {

// Whether `value` is better than `other`; equal ones are not.
bool IsBetter(double value, double other, Better better);

// Sets `best`, `last` and the epochs' `best`, of the epochs whose files are kept. Of equally good
// epochs the first is the best.
void MarkBestAndLast(RunHistory& history);

// How many of the best and of the last are kept. Both 0: all.
struct KeepRule {
  int best = 0, last = 0;
};
// The epochs whose files are kept and need not be: not the best one and not the last one, whatever
// the rule. REQUIRES: MarkBestAndLast was called.
std::vector<int64_t> EpochsToPrune(const RunHistory& history, KeepRule keep);

// How many epochs have passed since the monitored metric last got better by more than `min_delta`.
int64_t EpochsWithoutImprovement(const RunHistory& history, double min_delta);

}  // namespace zoo

#endif  // ZOO_RUNS_STANDING_H_
