#include "zoo/server/blob_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/store.h"
#include "zoo/cache/test_pull.h"
#include "zoo/tests/support/faulty_disk.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

class BlobFilesTest : public ::testing::Test {
 protected:
  BlobFilesTest() { PullOnce(disk_, root(), wanted_).value(); }

  fs::path root() const { return folder_.path() / "cache"; }
  fs::path BlobPath() const { return store_.Find(wanted_.digest).value().value().path(); }
  // The bytes that are had for the blob's digest; "-" if it is not found.
  std::string Served() {
    std::optional<BlobFile> file = files_.Open(wanted_.digest).value();
    if (!file) return "-";
    std::string bytes(file->size, '\0');
    EXPECT_EQ(pread(file->fd.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    return bytes;
  }
  void ReplaceBytes(const fs::path& path, const std::string& bytes) {
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
    std::ofstream(path, std::ios::binary) << bytes;
  }

  TempDir folder_;
  RealDisk real_;
  FaultyDisk disk_;  // counts
  Wanted wanted_ = MakeWanted(100'000);
  Store store_ = Store::Open(root(), disk_).value();
  BlobFiles files_{store_, disk_};
};

TEST_F(BlobFilesTest, ABlobIsOpened) {
  EXPECT_EQ(Served(), wanted_.bytes);
  EXPECT_FALSE(files_.Open(Digest()).value());
}

TEST_F(BlobFilesTest, WhatIsKnownCostsNoLookIntoTheIndex) {
  Served();
  const int opened = disk_.calls("Open"), read = disk_.calls("Read");
  EXPECT_EQ(Served(), wanted_.bytes);
  EXPECT_EQ(disk_.calls("Open") - opened, 1);
  EXPECT_EQ(disk_.calls("Read") - read, 0);
}

TEST_F(BlobFilesTest, WhatIsRemovedIsNotFound) {
  Served();
  ASSERT_TRUE(store_.Remove(wanted_.digest));
  EXPECT_EQ(Served(), "-");
  PullOnce(disk_, root(), wanted_).value();
  EXPECT_EQ(Served(), wanted_.bytes);
}

TEST_F(BlobFilesTest, WhatWasChangedIsNeverOpened) {
  for (const bool known : {false, true}) {
    PullOnce(disk_, root(), wanted_).value();
    if (known) {
      EXPECT_EQ(Served(), wanted_.bytes);
    }
    std::string changed = wanted_.bytes;
    changed[50'000] ^= 1;
    ReplaceBytes(BlobPath(), changed);
    EXPECT_EQ(Served(), "-");
    EXPECT_EQ(FilesIn(root(), "rejected").size(), 1u);
    fs::remove_all(root() / "rejected");
  }
}

TEST_F(BlobFilesTest, WhatHasOnlyAnotherStampIsHashedAndOpened) {
  Served();
  fs::last_write_time(BlobPath(), fs::file_time_type::clock::now());
  EXPECT_EQ(Served(), wanted_.bytes);
}

TEST_F(BlobFilesTest, AnOpenFileOutlivesItsName) {
  const BlobFile file = files_.Open(wanted_.digest).value().value();
  ASSERT_TRUE(store_.Remove(wanted_.digest));
  char byte = 0;
  ASSERT_EQ(pread(file.fd.get(), &byte, 1, 99'999), 1);
  EXPECT_EQ(byte, wanted_.bytes.back());
}

TEST_F(BlobFilesTest, LinksAreNotFollowed) {
  const fs::path blob = BlobPath(), moved = folder_.path() / "elsewhere";
  for (const bool known : {false, true}) {
    if (known) {
      EXPECT_EQ(Served(), wanted_.bytes);
    }
    fs::rename(blob, moved);
    fs::create_symlink(moved, blob);
    EXPECT_EQ(Served(), "-") << known;
    fs::remove(blob);
    fs::rename(moved, blob);
    // The folder above.
    fs::rename(blob.parent_path(), moved);
    fs::create_directory_symlink(moved, blob.parent_path());
    EXPECT_EQ(Served(), "-") << known;
    fs::remove(blob.parent_path());
    fs::rename(moved, blob.parent_path());
  }
}

TEST_F(BlobFilesTest, WhatIsNoFileIsNotFound) {
  const fs::path blob = BlobPath();
  fs::remove(blob);
  fs::create_directory(blob);
  EXPECT_EQ(Served(), "-");
}

TEST_F(BlobFilesTest, ADiskThatFailsIsAnError) {
  for (int k = 1;; ++k) {
    FaultyDisk faulty({.fail_at = k});
    BlobFiles files(store_, faulty);
    const auto file = files.Open(wanted_.digest);
    if (!file) {
      EXPECT_EQ(file.error().code, ErrorCode::kDisk);
    } else if (*file) {
      EXPECT_EQ((*file)->size, wanted_.bytes.size());
    }
    if (faulty.calls() < k) break;
  }
}

}  // namespace
}  // namespace zoo
