#include "zoo/fetcher/local_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

// As of any source: what it cannot give, another may.
Error SourceError(std::string_view verb, const std::filesystem::path& path, int error_number) {
  Error error = FileError(verb, path, error_number);
  if (error.code == ErrorCode::kDisk) error.code = ErrorCode::kNetwork;
  return error;
}

}  // namespace

Status CopyLocalFile(const std::filesystem::path& path, Ingest& ingest,
                     const DownloadContext& context) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info;
  if (!file.valid() || fstat(file.get(), &info) != 0) return SourceError("open", path, errno);
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kNotFound, fmt::format("{} is not a file", Escape(path.string())), ""};
  }
  ZOO_RETURN_IF_ERROR(ingest.Restart());
  context.reporter.Enter(Progress::Phase::kReceiving, 0);
  std::vector<std::byte> buffer(kPieceBytes);
  for (;;) {
    if (context.cancel.cancelled()) {
      return Error{ErrorCode::kCancelled, fmt::format("{}: cancelled", Escape(path.string())), ""};
    }
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SourceError("read", path, errno);
    if (got == 0) return {};
    ZOO_RETURN_IF_ERROR(ingest.Append(ByteView(buffer).first(static_cast<size_t>(got))));
    context.reporter.Bytes(ingest.size());
  }
}

}  // namespace zoo
