// What the tests of pulls share: an entry of given bytes, and a cache of its own to pull it into.
#ifndef ZOO_FETCHER_TEST_PULL_H_
#define ZOO_FETCHER_TEST_PULL_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/fetcher/pull.h"
#include "zoo/tests/support/fake_process.h"
#include "zoo/tests/support/manual_clock.h"
#include "zoo/tests/support/temp_dir.h"
#include "zoo/tests/support/unsynced_disk.h"

namespace zoo {

inline std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Entry EntryOf(const std::string& bytes, std::vector<std::string> urls) {
  Entry entry{.registry = "test", .model = "tiny", .weights = "v1"};
  entry.artifact = {.file = "tiny.pth",
                    .size = bytes.size(),
                    .min_size = bytes.size(),
                    .max_size = bytes.size(),
                    .sha256 = Digest::Of(AsBytes(bytes))};
  for (std::string& url : urls) entry.artifact.sources.push_back(UrlSource{std::move(url)});
  return entry;
}

// A cache of its own, and all that a pull needs besides a transport.
struct Desk {
  TempDir folder = TempDir::InMemory();
  UnsyncedDisk disk;
  Store store = Store::Open(folder.path() / "cache", disk).value();
  ManualClock clock;
  FakeProcess process;
  PullOptions options;

  Result<Pulled> Pull(const Entry& entry, Transport& transport) {
    return zoo::Pull(entry, store, {transport, clock, process}, options);
  }
  size_t BlobCount() const { return store.List().value().size(); }
};

}  // namespace zoo

#endif  // ZOO_FETCHER_TEST_PULL_H_
