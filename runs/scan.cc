#include "zoo/runs/scan.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <tuple>
#include <utility>

#include "zoo/base/file.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/runs/scan_memory.h"

namespace zoo {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kSecond = 1'000'000'000;  // ns

// Nothing if it is no regular file.
std::optional<FileStamp> StampOf(const fs::path& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return FileStamp{static_cast<uint64_t>(info.st_size),
                   info.st_mtim.tv_sec * kSecond + info.st_mtim.tv_nsec, info.st_ino};
}

// The files to be looked at, in no order.
Result<std::vector<ScannedFile>> ListFiles(const fs::path& folder) {
  std::vector<ScannedFile> files;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::string name = entry->path().filename();
    if (name.starts_with('.')) continue;
    auto stamp = StampOf(entry->path());
    if (stamp) files.push_back({.file = std::move(name), .stamp = *stamp});
  }
  if (failed) return FileError("list", folder, failed.value());
  return files;
}

// False if what was found may be otherwise next time though the file is the same.
bool OpenAndAsk(const fs::path& folder, const Limits& limits, ScannedFile& file) {
  const fs::path path = folder / file.file;
  auto checkpoint = Checkpoint::Open(path, {.immutable = false, .limits = limits});
  if (checkpoint) {
    file.facts = FactsOf(**checkpoint, file.file);
    return true;
  }
  const Error& error = checkpoint.error();
  // The list names the file already.
  const std::string prefix = Escape(path.native(), 1000) + ": ";
  file.skipped = error.Text();
  if (file.skipped.starts_with(prefix)) file.skipped.erase(0, prefix.size());
  return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kUnsupported;
}

void Sort(std::vector<ScannedFile>& files) {
  std::ranges::sort(files, {}, [](const ScannedFile& file) {
    return std::tuple(file.facts.epoch.value_or(std::numeric_limits<int64_t>::max()),
                      file.stamp.mtime_ns, std::string_view(file.file));
  });
}

}  // namespace

Result<Scan> ScanFolder(const fs::path& folder, const ScanOptions& options) {
  Scan scan;
  ZOO_ASSIGN_OR_RETURN(scan.files, ListFiles(folder));
  const ScanMemory memory(options.memory, folder);
  std::vector<ScannedFile> remembered;
  for (ScannedFile& file : scan.files) {
    if (options.cancel.cancelled()) {
      return Error{ErrorCode::kCancelled,
                   fmt::format("cannot list {}: cancelled", Escape(folder.native(), 1000)), ""};
    }
    if (const ScannedFile* known = memory.Find(file.file, file.stamp)) {
      file = *known;
      remembered.push_back(file);
      continue;
    }
    ++scan.opened;
    if (OpenAndAsk(folder, options.limits, file)) remembered.push_back(file);
  }
  if (scan.opened > 0) memory.Replace(remembered);
  Sort(scan.files);
  return scan;
}

}  // namespace zoo
