#include "zoo/base/lock_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

const LockWords kWords = {.what = "cannot open it", .hint = "wait"};

TEST(LockFile, KeepsAnotherHolderOutUntilItIsGivenBack) {
  const TempDir folder;
  const auto path = folder.path() / ".lock";
  {
    const LockedFile lock = LockFile(path, kWords).value();
    EXPECT_TRUE(lock.excludes);
    const auto second = LockFile(path, kWords);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kDisk);
    EXPECT_EQ(second.error().Text(), "cannot open it: this process itself has it open; wait");
    UnlockFile(path, lock);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(LockFile(path, kWords));
}

TEST(LockFile, AFileThatAKilledProcessLeftKeepsNobodyOut) {
  const TempDir folder;
  const auto path = folder.Write(".lock", "process 1 on elsewhere");
  EXPECT_TRUE(LockFile(path, kWords));
}

TEST(LockFile, WhereThereIsNoFolder) {
  const auto lock = LockFile("/no/such/folder/.lock", kWords);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().Text(), "cannot open /no/such/folder/.lock: No such file or directory");
}

TEST(LockFile, ALinkIsNotFollowed) {
  const TempDir folder;
  const auto path = folder.path() / ".lock";
  std::filesystem::create_symlink(folder.path() / "elsewhere", path);
  EXPECT_FALSE(LockFile(path, kWords));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "elsewhere"));
}

}  // namespace
}  // namespace zoo
