// The checkpoints of a folder that no run.json tells of, as Python scripts leave them: each is
// opened, and asked for its epoch and metrics. What was found can be remembered in a file, so that
// the next time only files that changed are opened.
//
//   ZOO_ASSIGN_OR_RETURN(Scan scan, ScanFolder("saved", {.memory = cache / "runs"}));
//
// Reads only, but for the memory. Any thread.
#ifndef ZOO_RUNS_SCAN_H_
#define ZOO_RUNS_SCAN_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/runs/checkpoint_facts.h"

namespace zoo {

// A file is taken to be what it was as long as these are the same.
struct FileStamp {
  uint64_t size = 0;
  int64_t mtime_ns = 0;  // since 1970
  uint64_t inode = 0;

  bool operator==(const FileStamp&) const = default;
};

struct ScannedFile {
  std::string file;  // its name in the folder
  FileStamp stamp;
  CheckpointFacts facts;
  std::string skipped;  // why it is no checkpoint; empty: it is one
};

struct Scan {
  std::vector<ScannedFile> files;  // by epoch, those without one last; of one epoch by time
  int opened = 0;                  // files that had to be opened
};

struct ScanOptions {
  // The folder where what was found is remembered, for scans with the same limits; made if need be.
  // Empty: nothing is. A memory that cannot be read or written only costs time.
  std::filesystem::path memory;
  Limits limits;  // of each checkpoint
  CancelToken cancel;
};

// Of the regular files in the folder itself, links to files too, but not hidden ones. kNotFound or
// kDisk if the folder cannot be listed, kCancelled. A file that cannot be opened is one that is
// skipped.
Result<Scan> ScanFolder(const std::filesystem::path& folder, const ScanOptions& options = {});

}  // namespace zoo

#endif  // ZOO_RUNS_SCAN_H_
