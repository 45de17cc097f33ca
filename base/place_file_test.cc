#include "zoo/base/place_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "zoo/base/cancel.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

size_t FilesIn(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
}

struct Places {
  TempDir folder;
  fs::path blob = folder.Write("blob", "the bytes");
  fs::path out = folder.path() / "out";
  Places() {
    fs::create_directory(out);
    fs::permissions(blob, fs::perms(0444));
  }
};

TEST(PlaceFileTest, NewAndOverAnOldFile) {
  Places places;
  const fs::path target = places.out / "w\xc3\xa4hts of it.pth";
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(PlaceFile(places.blob, target));
    EXPECT_EQ(Contents(target), "the bytes");
    EXPECT_EQ(FilesIn(places.out), 1u);
    if (i == 0) places.folder.Write("out/old", "something else");
    if (i == 0) fs::rename(places.out / "old", target);
  }
  EXPECT_EQ(Contents(places.blob), "the bytes");
}

TEST(PlaceFileTest, AcrossFileSystems) {
  Places places;
  struct stat here, memory;
  if (stat("/dev/shm", &memory) != 0 || stat(places.out.c_str(), &here) != 0 ||
      here.st_dev == memory.st_dev) {
    GTEST_SKIP() << "there is only one file system";
  }
  const TempDir other = TempDir::InMemory();
  const auto placed = PlaceFile(places.blob, other.path() / "copy");
  ASSERT_TRUE(placed);
  EXPECT_EQ(*placed, Placed::kCopy);
  EXPECT_EQ(Contents(other.path() / "copy"), "the bytes");
  EXPECT_NE(fs::status(other.path() / "copy").permissions() & fs::perms::owner_write,
            fs::perms::none);

  std::atomic<bool> stop{true};
  const auto cancelled =
      PlaceFile(places.blob, other.path() / "copy", {.cancel = CancelToken(&stop)});
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(FilesIn(other.path()), 1u);
}

TEST(PlaceFileTest, WithoutAHardLinkTheFileStaysItsOwners) {
  Places places;
  const fs::path target = places.out / "copy";
  const auto placed = PlaceFile(places.blob, target, {.hard_link = false});
  ASSERT_TRUE(placed);
  EXPECT_NE(*placed, Placed::kHardLink);
  EXPECT_EQ(fs::hard_link_count(places.blob), 1u);
  fs::permissions(places.blob, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(places.blob) << "other bytes";
  EXPECT_EQ(Contents(target), "the bytes");
}

TEST(PlaceFileTest, BadTargets) {
  Places places;
  const std::string out = places.out.string();
  const auto folder = PlaceFile(places.blob, places.out);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().Text(), out + " is a folder; name a file");
  const auto slash = PlaceFile(places.blob, out + "/new/");
  ASSERT_FALSE(slash);
  EXPECT_EQ(slash.error().Text(), out + "/new/ is a folder; name a file");
  const auto missing = PlaceFile(places.blob, places.out / "no/such/file");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().Text(),
            "cannot create " + out + "/no/such/file: No such file or directory");
  EXPECT_EQ(FilesIn(places.out), 0u);
  const std::filesystem::path pipe = places.out / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(PlaceFile(places.blob, pipe).error().Text(),
            out + "/pipe is not a regular file; name a file");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
}

}  // namespace
}  // namespace zoo
