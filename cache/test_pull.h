// What the tests of the cache share: a file to be had, a pull of it without a network, and the one
// thing that must be true at all times.
#ifndef ZOO_CACHE_TEST_PULL_H_
#define ZOO_CACHE_TEST_PULL_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/store.h"

namespace zoo {

struct Wanted {
  std::string bytes;
  Digest digest;
  IngestKey key;  // with the full digest and the exact size
};
Wanted MakeWanted(size_t size, uint32_t seed = 1);
// Of the same file a key that knows only the first eight digits.
IngestKey PrefixKey(const Wanted& wanted);

// Find, else Begin, Append from where it stands, Commit.
struct PullSteps {
  size_t chunk = 64 << 10;
  size_t stop_after = SIZE_MAX;  // drops the ingest when it has that many bytes: kCancelled
};
Result<Blob> PullOnce(Disk& disk, const std::filesystem::path& root, const Wanted& wanted,
                      PullSteps steps = {});

// Names of files under blobs/ whose bytes are not what the name says, and of those that have no
// name of a blob.
std::vector<std::string> WrongBlobs(const std::filesystem::path& root);
// Names of the files below root/folder, sorted.
std::vector<std::string> FilesIn(const std::filesystem::path& root, const std::string& folder);
std::string ReadAll(const std::filesystem::path& file);

}  // namespace zoo

#endif  // ZOO_CACHE_TEST_PULL_H_
