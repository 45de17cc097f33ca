#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "zoo/cache/ingest.h"
#include "zoo/cache/store.h"
#include "zoo/cache/test_pull.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

class UpkeepTest : public ::testing::Test {
 protected:
  fs::path root() const { return folder_.path(); }
  // A blob of so many bytes that was last used so many days ago.
  Digest AddBlob(size_t size, uint32_t seed, int days_ago) {
    Wanted wanted = MakeWanted(size, seed);
    fs::path path = PullOnce(disk_, root(), wanted).value().path();
    SetAge(path, days_ago * 24 * 3600);
    return wanted.digest;
  }
  void SetAge(const fs::path& path, int seconds) {
    timespec then{std::time(nullptr) - seconds, 0};
    timespec times[] = {then, then};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  void Use(const Digest& digest) {
    timespec times[] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    fs::path path = root() / "blobs/sha256" / digest.hex().substr(0, 2) / digest.hex();
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  Store OpenStore() { return Store::Open(root(), disk_).value(); }
  bool Has(const Digest& digest) { return OpenStore().Find(digest).value().has_value(); }

  TempDir folder_;
  RealDisk disk_;
};

TEST_F(UpkeepTest, ListsBlobs) {
  Digest digest = AddBlob(1000, 1, 3);
  auto items = OpenStore().List().value();
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].blob.digest(), digest);
  EXPECT_EQ(items[0].blob.size(), 1000u);
  EXPECT_EQ(items[0].file, "weights.pth");
  EXPECT_NEAR(static_cast<double>(items[0].last_used),
              static_cast<double>(std::time(nullptr) - 3 * 24 * 3600), 5);
}

TEST_F(UpkeepTest, ListsPartials) {
  Wanted idle = MakeWanted(1000, 1), busy = MakeWanted(2000, 2);
  (void)PullOnce(disk_, root(), idle, {.chunk = 100, .stop_after = 400});
  Ingest owner = OpenStore().Begin(busy.key, CancelToken()).value();
  auto partials = OpenStore().Partials().value();
  ASSERT_EQ(partials.size(), 2u);
  if (partials[0].in_use) std::swap(partials[0], partials[1]);
  EXPECT_EQ(partials[0].file, "weights.pth");
  EXPECT_EQ(partials[0].size, 400u);
  EXPECT_FALSE(partials[0].in_use);
  EXPECT_EQ(partials[1].size, 0u);
  EXPECT_TRUE(partials[1].in_use);
}

TEST_F(UpkeepTest, RemovesOneBlob) {
  Digest first = AddBlob(1000, 1, 0), second = AddBlob(1000, 2, 0);
  ASSERT_TRUE(OpenStore().Remove(first));
  EXPECT_FALSE(Has(first));
  EXPECT_TRUE(Has(second));
  EXPECT_EQ(FilesIn(root(), "index").size(), 1u);
  Status again = OpenStore().Remove(first);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), (Error{ErrorCode::kNotFound, first.ToString() + " is not in the cache",
                                  "`zoo cache list` shows what is"}));
}

TEST_F(UpkeepTest, WhoHasItOpenKeepsIt) {
  Wanted wanted = MakeWanted(1000);
  std::ifstream open(PullOnce(disk_, root(), wanted).value().path(), std::ios::binary);
  ASSERT_TRUE(OpenStore().Remove(wanted.digest));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(open), {}), wanted.bytes);
}

TEST_F(UpkeepTest, VerifyTellsWrongBytes) {
  Wanted wanted = MakeWanted(1000);
  fs::path path = PullOnce(disk_, root(), wanted).value().path();
  EXPECT_TRUE(OpenStore().Verify(wanted.digest));
  fs::remove(path);
  std::ofstream(path) << "other";
  Result<Blob> verified = OpenStore().Verify(wanted.digest);
  ASSERT_FALSE(verified);
  EXPECT_EQ(
      verified.error(),
      (Error{ErrorCode::kCorrupt,
             "the cached file " + wanted.digest.ToString() + " has other bytes than its name says",
             "it was moved out of the way where the folder can be written; pull it again"}));
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(OpenStore().Verify(wanted.digest).error().code, ErrorCode::kNotFound);
}

TEST_F(UpkeepTest, PrunesTheLeastRecentlyUsed) {
  Digest old = AddBlob(1000, 1, 30), used = AddBlob(2000, 2, 20), young = AddBlob(4000, 3, 1);
  Use(used);
  Store store = OpenStore();
  auto would = store.Prune({.max_bytes = 2500, .dry_run = true}).value();
  EXPECT_EQ(would.blobs, 2);
  EXPECT_EQ(would.bytes, 5000u);
  EXPECT_TRUE(Has(old) && Has(used) && Has(young));
  auto pruned = store.Prune({.max_bytes = 2500}).value();
  EXPECT_EQ(pruned.blobs, 2);
  EXPECT_EQ(pruned.bytes, 5000u);
  EXPECT_FALSE(Has(old));
  EXPECT_TRUE(Has(used));
  EXPECT_FALSE(Has(young));
  EXPECT_EQ(FilesIn(root(), "index").size(), 1u);
}

TEST_F(UpkeepTest, PrunesTheUnused) {
  Digest old = AddBlob(1000, 1, 30), young = AddBlob(1000, 2, 1);
  EXPECT_EQ(OpenStore().Prune({.unused_seconds = 10 * 24 * 3600}).value().blobs, 1);
  EXPECT_FALSE(Has(old));
  EXPECT_TRUE(Has(young));
}

TEST_F(UpkeepTest, PruneWithoutALimitKeepsBlobs) {
  Digest digest = AddBlob(1000, 1, 3000);
  EXPECT_EQ(OpenStore().Prune({}).value().blobs, 0);
  EXPECT_TRUE(Has(digest));
}

TEST_F(UpkeepTest, PrunesPartialsThatNobodyWorksOn) {
  Wanted idle = MakeWanted(1000, 1), busy = MakeWanted(2000, 2);
  (void)PullOnce(disk_, root(), idle, {.chunk = 100, .stop_after = 400});
  {
    Ingest owner = OpenStore().Begin(busy.key, CancelToken()).value();
    EXPECT_EQ(OpenStore().Prune({.partials = false}).value().partials, 0);
    EXPECT_EQ(OpenStore().Prune({.dry_run = true}).value().partials, 1);
    auto pruned = OpenStore().Prune({}).value();
    EXPECT_EQ(pruned.partials, 1);
    EXPECT_EQ(pruned.bytes, 400u);
    ASSERT_TRUE(owner.Append(AsBytes(busy.bytes)));
    EXPECT_TRUE(owner.Commit());
  }
  EXPECT_TRUE(FilesIn(root(), "ingest").empty());
}

TEST_F(UpkeepTest, PrunesWhatKilledProcessesAndWrongBytesLeft) {
  Wanted wanted = MakeWanted(1000);
  fs::path blob = PullOnce(disk_, root(), wanted).value().path();
  std::string key = "sha256-" + wanted.digest.hex();
  fs::remove(blob);
  std::ofstream(blob) << "other";
  EXPECT_FALSE(Has(wanted.digest));
  ASSERT_EQ(FilesIn(root(), "rejected").size(), 1u);
  folder_.Write("ingest/" + key + ".0123456789abcdef.claim", "staged");
  folder_.Write("ingest/" + key + ".0123456789abcdef.claim-note", "{}");
  folder_.Write("ingest/" + key + ".0000000000000000.claim-note", "{}");
  folder_.Write("ingest/prefix-01234567-" + wanted.digest.hex() + ".note", "{}");
  folder_.Write("ingest/" + key + ".lock", "");
  SetAge(folder_.Write("index/" + key + ".0123456789abcdef.tmp", "{"), 7200);
  folder_.Write("index/" + key + ".fedcba9876543210.tmp", "{");
  EXPECT_EQ(OpenStore().Prune({}).value().partials, 1);
  EXPECT_TRUE(FilesIn(root(), "ingest").empty());
  EXPECT_TRUE(FilesIn(root(), "rejected").empty());
  EXPECT_FALSE(fs::exists(root() / ("index/" + key + ".0123456789abcdef.tmp")));
  EXPECT_TRUE(fs::exists(root() / ("index/" + key + ".fedcba9876543210.tmp")))
      << "it may be being written";
}

TEST_F(UpkeepTest, TouchesNothingForeign) {
  Digest digest = AddBlob(1000, 1, 3000);
  std::string hex(64, 'a');
  fs::path outside = folder_.path().native() + ".outside";
  fs::create_directories(outside);
  std::ofstream(outside / hex) << "precious";
  const std::string foreign[] = {"README",
                                 "blobs/notes.txt",
                                 "blobs/sha256/aa/" + hex + ".bak",
                                 "blobs/sha256/bb/" + hex,
                                 "blobs/sha256/" + hex,
                                 "blobs/sha512/aa/" + hex,
                                 "ingest/my.partial",
                                 "ingest/sub/prefix-01234567-" + hex + ".partial",
                                 "index/notes.json",
                                 "rejected/" + hex,
                                 "rejected/x.rejected"};
  for (const std::string& name : foreign) SetAge(folder_.Write(name, "mine"), 90 * 24 * 3600);
  fs::create_symlink(outside / hex, root() / "blobs/sha256/aa" / hex);
  fs::create_directory_symlink(outside, root() / "blobs/sha256/cc");
  fs::create_directories(root() / ("ingest/prefix-89abcdef-" + hex + ".partial"));
  EXPECT_EQ(OpenStore().List().value().size(), 1u);
  auto pruned = OpenStore().Prune({.max_bytes = 0, .unused_seconds = 0}).value();
  EXPECT_EQ(pruned.blobs, 1);
  EXPECT_EQ(pruned.bytes, 1000u);
  EXPECT_FALSE(Has(digest));
  for (const std::string& name : foreign) EXPECT_TRUE(fs::exists(root() / name)) << name;
  EXPECT_TRUE(fs::is_symlink(root() / "blobs/sha256/aa" / hex));
  EXPECT_TRUE(fs::is_directory(root() / ("ingest/prefix-89abcdef-" + hex + ".partial")));
  EXPECT_EQ(ReadAll(outside / hex), "precious");
  fs::remove_all(outside);
}

}  // namespace
}  // namespace zoo
