// Artifacts that lie on this machine already: `file:` sources, of registries read from a file.
// One thread.
#ifndef ZOO_FETCHER_LOCAL_FILE_H_
#define ZOO_FETCHER_LOCAL_FILE_H_

#include <filesystem>

#include "zoo/base/result.h"
#include "zoo/cache/ingest.h"
#include "zoo/fetcher/download.h"

namespace zoo {

// Stages the file's bytes from byte 0. kNotFound if it is not there or no regular file, kNetwork
// if it cannot be read, kDisk if the ingest cannot be written, kCorrupt if it is longer than the
// ingest takes, kCancelled.
Status CopyLocalFile(const std::filesystem::path& path, Ingest& ingest,
                     const DownloadContext& context);

}  // namespace zoo

#endif  // ZOO_FETCHER_LOCAL_FILE_H_
