// The order of a save, which docs/runs.md tells users:
// 1. The caller writes the checkpoint: synced, then renamed to its name.
// 2. run.json is replaced by one that lists it, synced likewise. It says already that the files of
//    step 3 are not kept.
// 3. Those files are removed.
// Killed before 2: the file is there and not listed; the epoch is run again. Killed before or in 3:
// a file is listed as not kept and is there. Open goes by what is there, and the next Record
// removes it by the same rule.
#include "zoo/runs/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <set>
#include <system_error>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/new_file.h"
#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/pickle_text.h"
#include "zoo/runs/standing.h"
#include "zoo/runs/utc_time.h"

namespace zoo {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kLargestEpoch = int64_t{1} << 53;  // as in run.json

Error Usage(std::string message, std::string hint = "") {
  return {ErrorCode::kUsage, std::move(message), std::move(hint)};
}

std::string Shown(const fs::path& path) { return Escape(path.native(), 1000); }

bool IsFile(const fs::path& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

std::string UtcNow() {
  return FormatUtc(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

Status CheckOptions(const RunOptions& options) {
  if (options.keep_best < 0 || options.keep_last < 0) {
    return Usage(fmt::format("a run cannot keep {} checkpoints",
                             std::min(options.keep_best, options.keep_last)),
                 "keep_best and keep_last are counts; both 0 keep all");
  }
  if (options.patience < 0) {
    return Usage(fmt::format("a patience of {} epochs is none", options.patience),
                 "0 means never to stop early");
  }
  if (!(options.min_delta >= 0) || !std::isfinite(options.min_delta)) {
    return Usage(fmt::format("a min_delta of {} is none", options.min_delta),
                 "it is a number from 0 on");
  }
  if (options.monitor.empty() && (options.keep_best > 0 || options.patience > 0)) {
    return Usage("keep_best and patience need a metric that says what is better",
                 "name one with monitor");
  }
  return {};
}

// The folder, made durably if it is not there.
Status MakeFolder(const fs::path& folder) {
  std::error_code failed;
  const bool made = fs::create_directories(folder, failed);
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    if (fs::exists(folder, ignored)) return Usage(Shown(folder) + " is not a folder");
    return FileError("make the folder", folder, failed.value());
  }
  // The end may be a slash or none; with one the name of the folder is the parent of nothing.
  return made ? SyncFolder((folder / "").parent_path().parent_path()) : Status();
}

std::string MonitorText(const std::string& monitor, Better better) {
  if (monitor.empty()) return "no metric";
  return fmt::format("{} ({} is better)", Quote(monitor, 80), BetterName(better));
}

Status CheckMetrics(int64_t epoch, const Metrics& metrics, const std::string& monitor) {
  std::vector<std::string> names;
  for (const auto& [name, value] : metrics) {
    if (name.empty() || !IsUtf8(name, false)) {
      return Usage(fmt::format("epoch {} has a metric named {}", epoch, Quote(name, 80)),
                   "a name is UTF-8 text");
    }
    if (std::ranges::find(names, name) != names.end()) {
      return Usage(fmt::format("epoch {} has the metric {} twice", epoch, Quote(name, 80)));
    }
    names.push_back(name);
  }
  if (monitor.empty() || FindMetric(metrics, monitor) != nullptr) return {};
  auto nearest = Nearest(monitor, names);
  return Usage(fmt::format("epoch {} has no metric {}, which the run is monitored by", epoch,
                           Quote(monitor, 80)),
               nearest ? fmt::format("it has {}", Quote(*nearest, 80)) : "");
}

// Takes away the epoch's record and all later ones: the files of those that have one.
std::vector<std::string> CutBefore(RunHistory& history, int64_t epoch) {
  auto first = std::ranges::lower_bound(history.epochs, epoch, {}, &EpochRecord::epoch);
  std::vector<std::string> files;
  for (auto record = first; record != history.epochs.end(); ++record) {
    if (record->kept) files.push_back(record->file);
  }
  history.epochs.erase(first, history.epochs.end());
  return files;
}

}  // namespace

Result<RunFolder> RunFolder::Open(const fs::path& folder, RunOptions options) {
  ZOO_RETURN_IF_ERROR(CheckOptions(options));
  ZOO_ASSIGN_OR_RETURN(FilePattern pattern, FilePattern::Parse(options.file));
  if (folder.empty()) return Usage("the run's folder has an empty name");
  ZOO_RETURN_IF_ERROR(MakeFolder(folder));
  ZOO_ASSIGN_OR_RETURN(FolderLock lock, FolderLock::Take(folder));
  RunFolder run(folder, std::move(options), std::move(pattern), std::move(lock));
  ZOO_RETURN_IF_ERROR(run.ReadHistory());
  ZOO_RETURN_IF_ERROR(run.LookAround());
  return run;
}

Status RunFolder::ReadHistory() {
  const fs::path path = path_ / kRunHistoryFile;
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored))) {
    history_.monitor = options_.monitor;
    history_.better = options_.better;
    return {};
  }
  // A link would be written through, and not be replaced as a whole.
  if (!IsFile(path)) return Usage(Shown(path) + " is not a regular file");
  ZOO_ASSIGN_OR_RETURN(history_, ReadRunHistory(path_));
  if (history_.monitor == options_.monitor && history_.better == options_.better) return {};
  return Error{ErrorCode::kMismatch,
               fmt::format("{}: the run is monitored by {}, the options say {}", Shown(path),
                           MonitorText(history_.monitor, history_.better),
                           MonitorText(options_.monitor, options_.better)),
               "open it with the options that it was begun with, or give this run another folder"};
}

// The history's `kept` is made to say what is there: the user may have removed a checkpoint, and a
// kill may have left one that was to be removed.
Status RunFolder::LookAround() {
  std::set<std::string> listed, there;
  for (const EpochRecord& record : history_.epochs) listed.insert(record.file);
  std::error_code failed;
  for (fs::directory_iterator entry(path_, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code ignored;
    if (!fs::is_regular_file(entry->symlink_status(ignored))) continue;
    const std::string name = entry->path().filename();
    if (listed.contains(name)) there.insert(name);
    if (!listed.contains(name) && pattern_.Match(name)) unlisted_.push_back(name);
    auto final_name = NewFile::NameOfPartial(name);
    if (!final_name || !lock_.excludes()) continue;
    // Who writes these has the lock, so whoever began this one is gone.
    const bool ours = *final_name == kRunHistoryFile || listed.contains(*final_name) ||
                      pattern_.Match(*final_name).has_value();
    if (ours) unlink(entry->path().c_str());
  }
  if (failed) return FileError("list", path_, failed.value());
  std::ranges::sort(unlisted_);
  for (EpochRecord& record : history_.epochs) record.kept = there.contains(record.file);
  MarkBestAndLast(history_);
  return {};
}

// The history with the epoch in it, as run.json is to have it, and what is to be said of that.
struct RunFolder::Next {
  RunHistory history;
  EpochOutcome outcome;
};

Result<RunFolder::Next> RunFolder::MakeNext(int64_t epoch, const Metrics& metrics) const {
  if (epoch < 0 || epoch > kLargestEpoch) {
    return Usage(fmt::format("epoch {} is none: they count from 0", epoch));
  }
  ZOO_RETURN_IF_ERROR(CheckMetrics(epoch, metrics, options_.monitor));
  ZOO_ASSIGN_OR_RETURN(std::string file, pattern_.NameOf(epoch, metrics));
  Next next{.history = history_};
  RunHistory& history = next.history;
  next.outcome.replaced = CutBefore(history, epoch);
  std::erase(next.outcome.replaced, file);
  for (const EpochRecord& record : history.epochs) {
    if (record.file != file) continue;
    return Usage(
        fmt::format("epochs {} and {} would share the file {}", record.epoch, epoch, Quote(file)),
        "use the file pattern that the run was begun with");
  }
  history.epochs.push_back({.epoch = epoch, .file = std::move(file), .metrics = metrics});
  MarkBestAndLast(history);
  next.outcome.best = history.epochs.back().best;
  next.outcome.without_improvement = EpochsWithoutImprovement(history, options_.min_delta);
  next.outcome.stop =
      options_.patience > 0 && next.outcome.without_improvement >= options_.patience;
  history.stopped = next.outcome.stop ? std::optional(epoch) : std::nullopt;
  for (int64_t prune : EpochsToPrune(history, {options_.keep_best, options_.keep_last})) {
    auto record = std::ranges::lower_bound(history.epochs, prune, {}, &EpochRecord::epoch);
    record->kept = false;
    next.outcome.pruned.push_back(record->file);
  }
  return next;
}

Result<EpochPlan> RunFolder::Plan(int64_t epoch, const Metrics& metrics) const {
  ZOO_ASSIGN_OR_RETURN(Next next, MakeNext(epoch, metrics));
  return EpochPlan{path_ / next.history.epochs.back().file, std::move(next.outcome)};
}

Status RunFolder::WriteHistory(const RunHistory& history) const {
  const std::string text = PrintRunHistory(history);
  const fs::path path = path_ / kRunHistoryFile;
  if (text.size() > kMaxRunHistoryBytes) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("cannot write {}: {} exceed the limit of {}", Shown(path),
                             FormatSize(text.size()), FormatSize(kMaxRunHistoryBytes)),
                 "begin a run in another folder"};
  }
  ZOO_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(path, text.size()));
  ZOO_RETURN_IF_ERROR(file.Append(AsBytes(text)));
  return file.Commit(NewFile::Sync::kDisk);
}

Result<EpochOutcome> RunFolder::Record(int64_t epoch, const Metrics& metrics, double seconds) {
  ZOO_ASSIGN_OR_RETURN(Next next, MakeNext(epoch, metrics));
  EpochRecord& record = next.history.epochs.back();
  if (!IsFile(PathOf(record))) {
    return Error{ErrorCode::kNotFound, Shown(PathOf(record)) + ": the checkpoint is not there",
                 "it is written before the epoch is recorded"};
  }
  record.time = UtcNow();
  record.seconds = seconds;
  if (Status written = WriteHistory(next.history); !written) {
    Error error = std::move(written).error();
    error.message += fmt::format("; epoch {} is not recorded, all before it are", epoch);
    return error;
  }
  history_ = std::move(next.history);
  std::erase(unlisted_, history_.epochs.back().file);
  Prune(next.outcome.pruned);
  return std::move(next.outcome);
}

// What cannot be removed counts as kept, and the next epoch tries again.
void RunFolder::Prune(std::vector<std::string>& files) {
  std::erase_if(files, [&](const std::string& file) {
    const fs::path path = path_ / file;
    if (unlink(path.c_str()) == 0 || errno == ENOENT) return false;
    std::ranges::find(history_.epochs, file, &EpochRecord::file)->kept = true;
    return true;
  });
}

}  // namespace zoo
