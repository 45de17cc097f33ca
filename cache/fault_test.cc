// Everything that can go wrong on the way into the cache does, call by call. After each: no wrong
// bytes stand under a blob's name, and another pull succeeds.
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/store.h"
#include "zoo/cache/test_pull.h"
#include "zoo/tests/support/faulty_disk.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

// A first run that stops on the way, and a second one that finishes: every step of the protocol.
Result<Blob> PullInTwoRuns(Disk& disk, const fs::path& root, const Wanted& wanted) {
  auto first = PullOnce(disk, root, wanted, {.chunk = 10'000, .stop_after = 20'000});
  if (first) return first;
  return PullOnce(disk, root, wanted, {.chunk = 10'000});
}

class FaultTest : public ::testing::TestWithParam<int> {
 protected:
  // Nothing is left of bytes on their way. The empty lock of a process that was killed after it
  // published stays for prune: a hit writes nothing.
  void ExpectClean(const fs::path& root) {
    for (const std::string& name : FilesIn(root, "ingest")) {
      EXPECT_TRUE(name.ends_with(".lock")) << name;
    }
    EXPECT_TRUE(FilesIn(root, "rejected").empty());
  }

  const Wanted wanted_ = MakeWanted(50'000);
};

TEST_P(FaultTest, TheKthCallFails) {
  for (int k = 1;; ++k) {
    TempDir folder;
    FaultyDisk faulty({.fail_at = k, .error = GetParam()});
    auto pulled = PullInTwoRuns(faulty, folder.path(), wanted_);
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>()) << k;
    if (pulled) {
      ASSERT_EQ(ReadAll(pulled->path()), wanted_.bytes) << k;
    }
    FaultyDisk disk;
    auto again = PullOnce(disk, folder.path(), wanted_);
    ASSERT_TRUE(again) << k << ": " << again.error().Text();
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>()) << k;
    if (faulty.calls() < k) break;
  }
}

TEST_P(FaultTest, TheKthCallAndAllThatFollowFail) {
  for (int k = 1;; ++k) {
    TempDir folder;
    FaultyDisk faulty({.fail_at = k, .error = GetParam(), .dead = true});
    auto pulled = PullInTwoRuns(faulty, folder.path(), wanted_);
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>()) << k;
    FaultyDisk disk;
    auto again = PullOnce(disk, folder.path(), wanted_);
    ASSERT_TRUE(again) << k << ": " << again.error().Text();
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>()) << k;
    if (!pulled) ExpectClean(folder.path());
    if (faulty.calls() < k) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, FaultTest, ::testing::Values(EIO, ENOSPC, EACCES));

class PowerTest : public ::testing::TestWithParam<bool> {};

TEST_P(PowerTest, ThePowerGoesAtTheKthCall) {
  const Wanted wanted = MakeWanted(50'000);
  for (int k = 1;; ++k) {
    TempDir folder;
    FaultyDisk faulty({.fail_at = k, .dead = true});
    auto pulled = PullInTwoRuns(faulty, folder.path(), wanted);
    faulty.LosePower(GetParam());
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>()) << k;
    // What was reported is there for good.
    if (pulled) {
      ASSERT_EQ(ReadAll(pulled->path()), wanted.bytes) << k;
    }
    FaultyDisk disk;
    auto again = PullOnce(disk, folder.path(), wanted);
    // Staged bytes that the power loss cut are found out at the end, and the next try begins anew.
    if (!again && again.error().code == ErrorCode::kCorrupt) {
      again = PullOnce(disk, folder.path(), wanted);
    }
    ASSERT_TRUE(again) << k << ": " << again.error().Text();
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>()) << k;
    if (faulty.calls() < k) break;
  }
}

INSTANTIATE_TEST_SUITE_P(NamesToo, PowerTest, ::testing::Bool());

// The test above proves nothing if it cannot see a file that was published without a sync.
TEST(FaultyDisk, ShowsARenameWithoutASync) {
  TempDir folder;
  FaultyDisk disk;
  const Wanted wanted = MakeWanted(1000);
  std::string hex = wanted.digest.hex(), shard = "blobs/sha256/" + hex.substr(0, 2);
  ASSERT_EQ(disk.MakeFolder({folder.path(), shard}), 0);
  int fd = disk.Open({folder.path(), shard + "/x"}, Disk::Access::kCreate);
  UniqueFd closes(fd);
  ASSERT_EQ(disk.Write(fd, AsBytes(wanted.bytes), 0), 1000);
  ASSERT_EQ(disk.Rename({folder.path(), shard + "/x"}, {folder.path(), shard + "/" + hex}), 0);
  ASSERT_TRUE(WrongBlobs(folder.path()).empty());
  disk.LosePower(false);
  EXPECT_EQ(WrongBlobs(folder.path()), std::vector<std::string>{shard + "/" + hex});
}

// Finding, hashing again, moving away and removing fail call by call.
TEST(Upkeep, TheKthCallFails) {
  const Wanted wanted = MakeWanted(1000);
  for (int k = 1;; ++k) {
    TempDir folder;
    FaultyDisk disk;
    fs::path blob = PullOnce(disk, folder.path(), wanted).value().path();
    fs::permissions(blob, fs::perms::owner_write, fs::perm_options::add);
    fs::resize_file(blob, 10);
    FaultyDisk faulty({.fail_at = k});
    auto store = Store::Open(folder.path(), faulty);
    if (store) {
      auto found = store->Find(wanted.digest);
      ASSERT_FALSE(found && *found) << k << ": wrong bytes were found";
      (void)store->Prune({});
    }
    ASSERT_TRUE(PullOnce(disk, folder.path(), wanted)) << k;
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>()) << k;
    if (faulty.calls() < k) break;
  }
}

}  // namespace
}  // namespace zoo
