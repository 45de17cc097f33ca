#include "zoo/cache/disk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;
using Access = Disk::Access;

class RealDiskTest : public ::testing::Test {
 protected:
  DiskPath At(const std::string& name) const { return {folder_.path() / "root", name}; }

  TempDir folder_;
  RealDisk disk_;
};

TEST_F(RealDiskTest, MakesFoldersOnce) {
  EXPECT_EQ(disk_.MakeFolder(At("a/b/c")), 0);
  EXPECT_EQ(disk_.MakeFolder(At("a/b/c")), 0);
  EXPECT_EQ(disk_.MakeFolder(At("")), 0);
  EXPECT_TRUE(fs::is_directory(At("a/b/c").full()));
}

TEST_F(RealDiskTest, WritesReadsRenamesLinksRemoves) {
  ASSERT_EQ(disk_.MakeFolder(At("a")), 0);
  UniqueFd fd(disk_.Open(At("a/f"), Access::kCreate));
  ASSERT_TRUE(fd.valid());
  EXPECT_EQ(disk_.Open(At("a/f"), Access::kCreate), -EEXIST);
  EXPECT_EQ(disk_.Write(fd.get(), AsBytes("hello"), 2), 5);
  EXPECT_EQ(disk_.Sync(fd.get()), 0);
  std::vector<std::byte> bytes(10);
  EXPECT_EQ(disk_.Read(fd.get(), bytes, 2), 5);
  EXPECT_EQ(disk_.Read(fd.get(), bytes, 7), 0);
  EXPECT_EQ(disk_.Truncate(fd.get(), 3), 0);
  EXPECT_EQ(disk_.SetMode(fd.get(), 0444), 0);
  FileInfo open_info, info;
  EXPECT_EQ(disk_.StatOpen(fd.get(), open_info), 0);
  EXPECT_EQ(disk_.Stat(At("a/f"), info), 0);
  EXPECT_EQ(info.size, 3u);
  EXPECT_EQ(info.inode, open_info.inode);
  EXPECT_EQ(info.kind, FileInfo::Kind::kFile);
  EXPECT_TRUE(info.ours);
  EXPECT_EQ(disk_.Rename(At("a/f"), At("a/g")), 0);
  EXPECT_EQ(disk_.Rename(At("a/f"), At("a/g")), -ENOENT);
  EXPECT_EQ(disk_.Link(At("a/g"), At("a/h")), 0);
  EXPECT_EQ(disk_.Link(At("a/g"), At("a/h")), -EEXIST);
  EXPECT_EQ(disk_.Stat(At("a/g"), info), 0);
  EXPECT_EQ(info.links, 2u);
  std::vector<std::string> names;
  EXPECT_EQ(disk_.List(At("a"), names), 0);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"g", "h"}));
  EXPECT_EQ(disk_.Remove(At("a/g")), 0);
  EXPECT_EQ(disk_.Remove(At("a/g")), -ENOENT);
  EXPECT_EQ(disk_.List(At("b"), names), -ENOENT);
  UniqueFd folder(disk_.Open(At("a"), Access::kFolder));
  EXPECT_EQ(disk_.Sync(folder.get()), 0);
  uint64_t free = 0;
  EXPECT_EQ(disk_.FreeBytes(At(""), free), 0);
  EXPECT_GT(free, 0u);
}

TEST_F(RealDiskTest, StagedFilesAreTheOwnersAlone) {
  ASSERT_EQ(disk_.MakeFolder(At("")), 0);
  mode_t before = umask(0);
  UniqueFd fd(disk_.Open(At("f"), Access::kCreate));
  umask(before);
  struct stat info;
  ASSERT_EQ(fstat(fd.get(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(RealDiskTest, RootMayBeALink) {
  fs::create_directory(folder_.path() / "elsewhere");
  fs::create_directory_symlink("elsewhere", folder_.path() / "root");
  EXPECT_EQ(disk_.MakeFolder(At("a")), 0);
  EXPECT_TRUE(fs::is_directory(folder_.path() / "elsewhere" / "a"));
}

TEST_F(RealDiskTest, FollowsNoLinkBelowTheRoot) {
  ASSERT_EQ(disk_.MakeFolder(At("a")), 0);
  fs::path outside = folder_.Write("outside/f", "precious");
  fs::create_directory_symlink(outside.parent_path(), At("link").full());
  fs::create_symlink(outside, At("a/f").full());
  fs::create_symlink(folder_.path() / "outside" / "new", At("a/dangling").full());
  FileInfo info;
  for (Access access : {Access::kRead, Access::kUpdate, Access::kLock}) {
    EXPECT_EQ(disk_.Open(At("a/f"), access), -ELOOP);
    EXPECT_EQ(disk_.Open(At("link/f"), access), -ENOTDIR);
  }
  EXPECT_EQ(disk_.Open(At("a/f"), Access::kCreate), -EEXIST);
  EXPECT_EQ(disk_.Open(At("a/dangling"), Access::kCreate), -EEXIST);
  EXPECT_EQ(disk_.Open(At("a/dangling"), Access::kLock), -ELOOP);
  EXPECT_EQ(disk_.Open(At("link"), Access::kFolder), -ENOTDIR);
  EXPECT_EQ(disk_.MakeFolder(At("link/sub")), -ENOTDIR);
  EXPECT_EQ(disk_.Stat(At("link/f"), info), -ENOTDIR);
  EXPECT_EQ(disk_.Remove(At("link/f")), -ENOTDIR);
  EXPECT_EQ(disk_.Rename(At("link/f"), At("a/g")), -ENOTDIR);
  EXPECT_EQ(disk_.Rename(At("a/f"), At("link/g")), -ENOTDIR);
  EXPECT_EQ(disk_.Link(At("link/f"), At("a/g")), -ENOTDIR);
  ASSERT_EQ(disk_.Stat(At("a/f"), info), 0);
  EXPECT_EQ(info.kind, FileInfo::Kind::kOther);
  EXPECT_EQ(disk_.Remove(At("a/f")), 0);
  EXPECT_TRUE(fs::exists(outside));
  EXPECT_FALSE(fs::exists(folder_.path() / "outside" / "new"));
}

TEST_F(RealDiskTest, OpensNothingButFiles) {
  ASSERT_EQ(disk_.MakeFolder(At("folder")), 0);
  ASSERT_EQ(mkfifo(At("pipe").full().c_str(), 0600), 0);
  EXPECT_EQ(disk_.Open(At("pipe"), Access::kRead), -ELOOP);
  EXPECT_EQ(disk_.Open(At("folder"), Access::kRead), -ELOOP);
  EXPECT_EQ(disk_.Open(At("folder"), Access::kUpdate), -EISDIR);
}

TEST_F(RealDiskTest, LocksKeepOthersOutUntilClosed) {
  ASSERT_EQ(disk_.MakeFolder(At("")), 0);
  UniqueFd first(disk_.Open(At("l"), Access::kLock)), second(disk_.Open(At("l"), Access::kLock));
  EXPECT_EQ(disk_.Lock(first.get(), std::chrono::milliseconds(0)), 0);
  EXPECT_EQ(disk_.Lock(second.get(), std::chrono::milliseconds(0)), -EWOULDBLOCK);
  first = UniqueFd();
  EXPECT_EQ(disk_.Lock(second.get(), std::chrono::milliseconds(0)), 0);
}

}  // namespace
}  // namespace zoo
