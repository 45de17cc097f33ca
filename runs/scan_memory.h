// ScanMemory: what was found in the checkpoints of one folder, kept in a file of strict JSON named
// by the digest of the folder's path. It may be lost at any time, and what is wrong in it is as
// good as lost. One thread at a time.
//
//   ScanMemory memory(cache / "runs", folder);
//   if (const ScannedFile* known = memory.Find("a.pt", stamp)) ...
//   memory.Replace(files);
#ifndef ZOO_RUNS_SCAN_MEMORY_H_
#define ZOO_RUNS_SCAN_MEMORY_H_

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "zoo/runs/scan.h"

namespace zoo {

class ScanMemory {
 public:
  // Reads what is there. An empty `memory` remembers nothing.
  ScanMemory(const std::filesystem::path& memory, const std::filesystem::path& folder);

  // What was found in a file of this name, if it has not changed; else null.
  const ScannedFile* Find(const std::string& file, const FileStamp& stamp) const;
  // From now on these files, and no others.
  void Replace(const std::vector<ScannedFile>& files) const;

 private:
  std::filesystem::path path_;  // empty: nowhere
  std::string folder_;
  std::unordered_map<std::string, ScannedFile> files_;
};

}  // namespace zoo

#endif  // ZOO_RUNS_SCAN_MEMORY_H_
