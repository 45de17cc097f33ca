// A run as `zoo runs` prints it: a heading, a table of its epochs, or a JSON document. Pure but for
// the time zone.
#ifndef ZOO_CLI_RUNS_TABLE_H_
#define ZOO_CLI_RUNS_TABLE_H_

#include <string>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/runs/listing.h"

namespace zoo::cli {

// "saved: 12 epochs, 5 checkpoints of 1.2 GiB; best is epoch 7, acc 0.98 (higher is better)"
std::string RunHeading(const RunListing& run);

struct RunTableOptions {
  int columns = 80;  // columns of the table that do not fit are left out, the least needed first
  bool cut = true;   // lines that still do not fit, for a terminal
};
// A header and a line for each row. Empty if there are no rows.
std::string RunTable(const RunListing& run, const RunTableOptions& options);

// One element of the list `runs` of zoo/runs/1.
Json RunJson(const RunListing& run);

// Rows by epoch, size (the largest first), time (the latest first), took (the longest first), or
// by a metric, the best first. kUsage, naming the nearest, if no row has such a metric.
Status SortRows(RunListing& run, std::string_view key);

}  // namespace zoo::cli

#endif  // ZOO_CLI_RUNS_TABLE_H_
